/** Browsers, and everything else that is not Node. */
import { THREAD_SCRIPT, type ThreadMessage } from '../thread-script.ts';
import type { EngineThread, ThreadEvents, ThreadStart } from './contract.ts';

/** See `contract.ts`. */
export async function compileRelaxed(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module | undefined> {
  return WebAssembly.validate(bytes) ? WebAssembly.compile(bytes) : undefined;
}

/** See `contract.ts`. A page whose policy forbids workers from blobs (`worker-src`) ends in `onFailure`: it must ask for one thread. */
export function startThread(start: ThreadStart, events: ThreadEvents): EngineThread {
  const script = `onmessage = ({ data: start }) => { const post = postMessage; ${THREAD_SCRIPT} };`;
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = ({ data }: MessageEvent<ThreadMessage>) => {
    if (data.ready === true) {
      URL.revokeObjectURL(url);
      events.onReady();
    }
    if (data.finished !== undefined) events.onFinished(data.finished);
  };
  worker.onerror = (event) => events.onFailure(event.message);
  worker.postMessage(start);
  return { terminate: async () => worker.terminate(), keepAlive: () => {} };
}

/** Most threads that are started unasked: beyond, a memory's bandwidth is shared out, not added to. */
const MAX_UNASKED = 8;

/**
 * See `contract.ts`. A browser tells logical processors only. Where two of them share a core, half of them is right; where
 * they do not, half of them still reads weights at nearly the memory's speed.
 */
export function physicalCores(): number {
  const logical = globalThis.navigator?.hardwareConcurrency ?? 1;
  return Math.max(1, Math.min(MAX_UNASKED, Math.floor(logical / 2)));
}
