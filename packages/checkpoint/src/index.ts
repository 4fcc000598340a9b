/** @packageDocumentation Opens a model file or directory of any known format as one description. */
export * from './checkpoint.ts';
export { detectFormat, type FileFormat } from './detect.ts';
export * from './errors.ts';
export { type FileSet, fileSetOf } from './file-set.ts';
export { encodingTable, layoutCheckpoint } from './layout.ts';
export { type OpenOptions, openCheckpoint, openDescription, openTokenizerModel } from './open.ts';
export { readWholeTensor } from './rows.ts';
