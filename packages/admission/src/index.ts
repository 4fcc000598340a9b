/** @packageDocumentation Rules and verdicts: whether a model file may pass. */
export {};
