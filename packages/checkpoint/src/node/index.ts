/** @packageDocumentation Checkpoints on Node's file system, and by whatever name a user gives. */
export { type LocatedFiles, type LocationOptions, openLocation } from './location.ts';
export { MAX_FOLDER_DEPTH, openPath, TOOL_FOLDERS } from './open-path.ts';
