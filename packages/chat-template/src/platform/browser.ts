/**
 * Browsers, and everything else that is not Node: a worker. Its memory has no bound of its own; the interpreter's limits
 * keep texts and lists short, and what gets past them ends in the worker's failure or at the clock.
 */
import type * as contract from './contract.ts';

/** See `contract.ts`. */
export const runApart: typeof contract.runApart = async (run) => {
  const { script, job, milliseconds, answerCharacters, signal } = run;
  signal?.throwIfAborted();
  if (typeof Worker === 'undefined') return { ended: 'absent' };
  const source = `${script}\nonmessage = ({ data }) => postMessage({ answer: runSandbox(data) });\npostMessage({});`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  let worker: Worker;
  try {
    worker = new Worker(url);
  } catch {
    URL.revokeObjectURL(url);
    return { ended: 'absent' };
  }
  return new Promise((resolve, reject) => {
    let isReady = false;
    const settle = (end: contract.SandboxEnd): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      worker.terminate();
      URL.revokeObjectURL(url);
      if (signal?.aborted) reject(signal.reason);
      else resolve(end);
    };
    const abort = (): void => settle({ ended: 'time' });
    const timer = setTimeout(settle, milliseconds, { ended: 'time' });
    signal?.addEventListener('abort', abort);
    worker.onmessage = ({ data }: MessageEvent<{ readonly answer?: string }>) => {
      isReady = true;
      if (data.answer === undefined) worker.postMessage(job);
      else settle(data.answer.length > answerCharacters ? { ended: 'size' } : { answer: data.answer });
    };
    // A page whose policy forbids workers from blobs tells it here.
    worker.onerror = () => settle({ ended: isReady ? 'crash' : 'absent' });
  });
};
