/** Starts the child process, waits for its answer, and leaves nothing of it behind. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MirustError } from '@mirust/core';
import { hostError } from '@mirust/planner';
import type { ChildAnswer, ChildFailure, ChildRequest } from './messages.ts';

/** How a process that ran out of memory ends: by the system, or by V8's own abort. */
const OUT_OF_MEMORY = new Set<string | number | null>(['SIGKILL', 'SIGABRT', 134, 137]);

/** Beside the bundle of the command. */
const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));

/** The answer to a request of one kind. */
type AnswerTo<R extends ChildRequest> = Extract<ChildAnswer, { readonly kind: R['kind'] }>;

/**
 * Asks a fresh process. Throws what the child threw, `HOST_CHILD_ENDED` where it died, `HOST_CHILD_START`, and the
 * signal's reason; in every case the process has ended.
 */
export async function askChild<R extends ChildRequest>(request: R, signal: AbortSignal): Promise<AnswerTo<R>> {
  signal.throwIfAborted();
  const answer = await new Promise<ChildAnswer>((resolve, reject) => {
    const child = start(request);
    const abort = (): void => {
      child.kill('SIGKILL');
    };
    signal.addEventListener('abort', abort, { once: true });
    let received: ChildAnswer | undefined;
    let failure: unknown;
    child.on('message', (message) => {
      received = message as ChildAnswer;
    });
    child.on('error', (cause) => {
      failure = hostError('HOST_CHILD_START', 'the process that measures cannot be started', { cause });
      // Without a process there is nothing that could close.
      if (child.pid === undefined) reject(failure);
    });
    child.on('close', (status, endedBy) => {
      signal.removeEventListener('abort', abort);
      if (signal.aborted) reject(signal.reason);
      else if (received !== undefined) resolve(received);
      else reject(failure ?? ended(status, endedBy));
    });
  });
  if (answer.kind === 'failure') throw errorOf(answer.failure);
  return answer as AnswerTo<R>;
}

function start(request: ChildRequest): ChildProcess {
  if (!existsSync(CHILD)) throw hostError('HOST_CHILD_START', 'child.js is missing beside the command');
  return fork(CHILD, [JSON.stringify(request)], {
    // Nothing that was given to this process by its command line belongs to the one that is measured.
    execArgv: ['--expose-gc'],
    serialization: 'advanced',
    // V8 prints pages about the end of its memory.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

function ended(status: number | null, endedBy: NodeJS.Signals | null): Error {
  const how = endedBy === null ? `with status ${status}` : `by ${endedBy}`;
  const why = OUT_OF_MEMORY.has(endedBy ?? status) ? ', as processes do that run out of memory' : '';
  return hostError('HOST_CHILD_ENDED', `the process that measures ended ${how}${why}`);
}

function errorOf({ name, message, code, class: errorClass, remedy, context = {} }: ChildFailure): Error {
  if (code !== undefined && errorClass !== undefined && remedy !== undefined) {
    return new MirustError(code, { class: errorClass, when: '', remedy }, message, context);
  }
  return name === 'RangeError' ? new RangeError(message) : new Error(message);
}
