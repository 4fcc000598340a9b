/** Node. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { THREAD_SCRIPT, type ThreadMessage } from '../thread-script.ts';
import type { EngineThread, ThreadEvents, ThreadStart } from './contract.ts';

/**
 * See `contract.ts`. Node 20 has relaxed SIMD behind a flag, and its baseline compiler translates the 32-bit dot wrongly:
 * there the module is compiled by the optimizing compiler alone, at once. The flags for that are put back; the feature
 * stays on, because worker threads need it for the module that they are given.
 */
export async function compileRelaxed(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module | undefined> {
  if (WebAssembly.validate(bytes) && majorVersion() > 20) return WebAssembly.compile(bytes);
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  if (!WebAssembly.validate(bytes)) return undefined;
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  try {
    // Not the asynchronous compile: the flags must hold until it is done, and for nothing else.
    return new WebAssembly.Module(bytes);
  } finally {
    setFlagsFromString('--liftoff');
    setFlagsFromString('--wasm-lazy-compilation');
  }
}

function majorVersion(): number {
  return Number(process.versions.node.split('.')[0]);
}

/** See `contract.ts`. */
export function startThread(start: ThreadStart, events: ThreadEvents): EngineThread {
  const script = `const { workerData: start, parentPort } = require('node:worker_threads');
    const post = (message) => parentPort.postMessage(message); ${THREAD_SCRIPT}`;
  const worker = new Worker(script, { eval: true, workerData: start });
  let ended = false;
  worker.on('message', ({ ready, finished }: ThreadMessage) => {
    if (ready === true) events.onReady();
    if (finished !== undefined) events.onFinished(finished);
  });
  worker.on('error', (cause) => {
    if (!ended) events.onFailure(cause);
  });
  worker.on('exit', (code) => {
    if (!ended) events.onFailure(new Error(`a thread of the engine ended with code ${code}`));
  });
  return {
    async terminate() {
      ended = true;
      await worker.terminate();
    },
    keepAlive(alive) {
      if (alive) worker.ref();
      else worker.unref();
    },
  };
}

/** See `contract.ts`. Linux tells which logical processors share a core; elsewhere one thread per two of them is safe on x86. */
export function physicalCores(): number {
  const available = availableParallelism();
  const cores = new Set<string>();
  try {
    for (let cpu = 0; cpu < available; cpu++) {
      cores.add(readFileSync(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, 'utf8'));
    }
    return Math.max(1, Math.min(available, cores.size));
  } catch {
    return Math.max(1, process.arch === 'x64' ? Math.floor(available / 2) : available);
  }
}
