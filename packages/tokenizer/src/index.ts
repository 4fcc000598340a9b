/** @packageDocumentation Text to token ids and back, for every tokenizer that the readers meet. */
export * from './errors.ts';
export * from './limits.ts';
export * from './model.ts';
export type * from './tokenizer.ts';
