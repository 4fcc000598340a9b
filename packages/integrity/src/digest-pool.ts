/**
 * Threads that take the SHA-256 of pieces of shared memory: one thread hashes one or two gigabytes a second, less than a
 * disk reads. A thread also reads a piece from an open file, straight to its place, where it is asked to.
 */
import { startDigestThread } from '#platform';
import type { DigestResult, DigestTask } from './digest-task.ts';
import type { DigestThread } from './platform/contract.ts';

/** Tasks that a thread holds: one at work, and one more, so that it never waits for its owner in between. */
const TASKS_PER_THREAD = 2;

/** A pool. Whoever starts it closes it: until then it keeps a process alive. Calls may overlap. */
export interface DigestPool {
  readonly threadCount: number;
  /** Resolves as soon as one thread is at work: true; false where none will be. A thread takes 50 ms or so to start. */
  readonly started: Promise<boolean>;
  /**
   * Takes a digest; tasks begin in order, as threads are free. Throws TypeError for memory that is not shared, and Error
   * where the bytes could not be read, the threads have failed, or the pool is closed. How far the reading got is not
   * known then, but it is over.
   */
  digest(task: DigestTask): Promise<DigestResult>;
  /** Ends the threads, whatever they do; resolves when they are gone. May be called twice. */
  close(): Promise<void>;
}

interface Pending {
  readonly task: DigestTask;
  resolve(result: DigestResult): void;
  reject(error: Error): void;
}

interface Member {
  readonly thread: DigestThread;
  /** What it was given and has not answered, oldest first. */
  readonly given: Pending[];
  isReady: boolean;
}

/** Starts a pool. Undefined where the platform needs none: it hashes beside the thread that asks by itself. */
export function startDigestPool(threadCount: number): DigestPool | undefined {
  if (!Number.isSafeInteger(threadCount) || threadCount < 1) {
    throw new RangeError(`threadCount must be a positive integer, got ${threadCount}`);
  }
  const members = new Set<Member>();
  const queue: Pending[] = [];
  let resolveStarted: (started: boolean) => void = () => {};
  const started = new Promise<boolean>((resolve) => {
    resolveStarted = resolve;
  });
  /** Why nothing is accepted any more. */
  let ended: Error | undefined;
  let closing: Promise<void> | undefined;

  function deal(): void {
    for (;;) {
      const [next] = queue;
      const free = [...members].filter(({ isReady, given }) => isReady && given.length < TASKS_PER_THREAD);
      const idlest = free.sort((a, b) => a.given.length - b.given.length)[0];
      if (next === undefined || idlest === undefined) return;
      queue.shift();
      idlest.given.push(next);
      idlest.thread.post(next.task);
    }
  }

  function end(reason: Error): void {
    ended ??= reason;
    resolveStarted(false);
    for (const { reject } of queue.splice(0)) reject(ended);
  }

  async function close(): Promise<void> {
    const error = new Error('the pool is closed');
    end(error);
    const gone = [...members];
    members.clear();
    await Promise.all(gone.map(({ thread }) => thread.terminate()));
    for (const { given } of gone) for (const { reject } of given) reject(error);
  }

  function start(): boolean {
    const thread = startDigestThread({
      onReady() {
        member.isReady = true;
        resolveStarted(true);
        deal();
      },
      onAnswer(answer) {
        const pending = member.given.shift();
        if ('failure' in answer) pending?.reject(new Error(answer.failure));
        else pending?.resolve(answer);
        deal();
      },
      onFailure(cause) {
        const error = new Error('a thread that takes digests failed', { cause });
        members.delete(member);
        for (const { reject } of member.given) reject(error);
        if (members.size === 0) end(error);
      },
    });
    if (thread === undefined) return false;
    const member: Member = { thread, given: [], isReady: false };
    members.add(member);
    return true;
  }

  for (let count = 0; count < threadCount; count++) {
    try {
      if (!start()) return undefined;
    } catch (cause) {
      if (members.size === 0) end(new Error('no thread can be started', { cause }));
    }
  }
  return {
    threadCount,
    started,
    async digest(task) {
      if (!isShared(task.bytes)) throw new TypeError('threads take digests of shared memory alone');
      if (ended !== undefined) throw ended;
      return new Promise((resolve, reject) => {
        queue.push({ task, resolve, reject });
        deal();
      });
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Whether threads see the same bytes. */
export function isShared(bytes: Uint8Array): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && bytes.buffer instanceof SharedArrayBuffer;
}
