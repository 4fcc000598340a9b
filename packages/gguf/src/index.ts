/** @packageDocumentation Reads GGUF files, versions 2 and 3. */
export type * from './value.ts';
