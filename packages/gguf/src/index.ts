/** @packageDocumentation Reads GGUF files, versions 2 and 3, and writes version 3. */
export * from './errors.ts';
export type * from './file.ts';
export * from './limits.ts';
export * from './metadata.ts';
export * from './read.ts';
export type * from './value.ts';
export * from './write.ts';
export * from './write-layout.ts';
