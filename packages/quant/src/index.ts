/** @packageDocumentation Codecs between f32 and the storage types, error statistics, recipes. */
export { Q4_DIVISORS } from './_q4.ts';
export * from './decode.ts';
export * from './encode.ts';
export * from './errors.ts';
export * from './float16.ts';
export { matchesGlob } from './glob.ts';
export * from './interleave.ts';
export * from './recipe.ts';
export * from './resolve-recipe.ts';
export * from './scales.ts';
export * from './scan.ts';
export * from './statistics.ts';
export * from './stored-tensor.ts';
