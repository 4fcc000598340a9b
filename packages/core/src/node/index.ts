/** @packageDocumentation Node's files as sources and sinks. */
export { removeOpenTemporaries, TEMPORARY_PREFIX } from './_temporaries.ts';
export * from './file-sink.ts';
export * from './file-source.ts';
export * from './worker-thread.ts';
