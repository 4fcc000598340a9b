/** What no layout decides, measured. */
export type { HostBaseline, MeasuredTokenizerKind, TokenizerContainer } from './baseline.ts';
export { type HostOptions, hostComponents, hostHeap } from './components.ts';
export { HOST_ERRORS, hostError } from './errors.ts';
export { hostBaseline } from './hosts.ts';
export { type LoadOptions, loadTimeline, type TapeBytes } from './timeline.ts';
