/**
 * What a thread of the pool runs: instantiate the kernels over the shared memory and serve. As text, so that a library in
 * one file can start it, from a blob in a browser and by evaluation in Node. `post` and `start` are bound by the platform.
 */
export const THREAD_SCRIPT: string = `
const { module, memory, control, thread } = start;
const env = { memory, now: () => performance.now(), finished: (next) => post({ finished: next }) };
const { serve } = new WebAssembly.Instance(module, { env }).exports;
post({ ready: true });
serve(control, thread);
`;

/** A message of a thread to its owner. */
export interface ThreadMessage {
  readonly ready?: true;
  readonly finished?: number;
}
