/** @packageDocumentation Text to token ids and back, for every tokenizer that the readers meet. */
export {};
