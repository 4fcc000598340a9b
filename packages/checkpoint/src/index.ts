/** @packageDocumentation Opens a model file or directory of any known format as one description. */
export * from './checkpoint.ts';
export * from './describe.ts';
export { type DetectOptions, detectFormat, type FileFormat } from './detect.ts';
export * from './errors.ts';
export { MAX_CHAT_TEMPLATE_CHARACTERS, MAX_END_IDS } from './facts.ts';
export { type FileSet, fileSetOf } from './file-set.ts';
export { type HttpFiles, type HttpFilesOptions, type HttpTraffic, httpFiles } from './http-files.ts';
export * from './hub.ts';
export * from './hub-errors.ts';
export * from './inventory.ts';
export { encodingTable, layoutCheckpoint } from './layout.ts';
export { type InspectedCheckpoint, inspectCheckpoint, type OpenOptions, openCheckpoint } from './open.ts';
export { type OpenTokenizerOptions, openTokenizerModel } from './open-tokenizer.ts';
export type { StoredTensor } from './opened.ts';
export { type PinnedFiles, pinFiles } from './pinned-files.ts';
export { type CheckpointProblems, MAX_LISTED_PROBLEMS } from './problems.ts';
export { readWholeTensor } from './rows.ts';
