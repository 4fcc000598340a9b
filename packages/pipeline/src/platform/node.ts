/** Threads that convert, in Node. */
import { startWorkerThread } from '@mirust/core/node';
import type * as contract from './contract.ts';

/** What a thread runs: see `work-task.ts`. A range of a file is hashed in pieces that stay in the cache of a core. */
const WORK_SCRIPT = `
const { createHash } = require('node:crypto');
const digests = new Map();
const digestOf = (stream) => {
  if (!digests.has(stream)) digests.set(stream, createHash('sha256'));
  return digests.get(stream);
};
const piece = new Uint8Array(2 ** 18 + 48).subarray(48);
let kernels;
const work = {
  setUp({ module, memory }) {
    kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
  },
  call({ call, fills }) {
    for (const { bytes, file } of fills) readFile(bytes, file);
    return kernels[call.kernel](...call.args) === 1;
  },
  sha256: ({ bytes }) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  update({ stream, bytes }) {
    digestOf(stream).update(bytes);
  },
  updateFromFile({ stream, descriptor, offset, byteLength }) {
    const digest = digestOf(stream);
    for (let done = 0; done < byteLength; done += piece.byteLength) {
      const bytes = piece.subarray(0, Math.min(piece.byteLength, byteLength - done));
      readFile(bytes, { descriptor, offset: offset + done });
      digest.update(bytes);
    }
  },
  digest({ stream }) {
    const digest = new Uint8Array(digestOf(stream).digest());
    digests.delete(stream);
    return digest;
  },
};
return (task) => work[task.kind](task);
`;

export const startWorkThread: typeof contract.startWorkThread = (events) =>
  startWorkerThread({ body: WORK_SCRIPT }, events);
