/** @packageDocumentation Loads a verified artifact and generates text. */
export {};
