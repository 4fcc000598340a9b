/** @packageDocumentation Reads safetensors files, single and sharded. */
export * from './errors.ts';
export type * from './file.ts';
export * from './index-file.ts';
export * from './limits.ts';
export * from './read.ts';
export * from './sharded.ts';
