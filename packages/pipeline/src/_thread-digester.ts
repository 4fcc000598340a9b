/** Digests on the threads of a conversion. */
import { createSharedReadMemory, type ThreadPool } from '@mirust/core';
import type { Digester } from '@mirust/integrity';
import type { WorkAnswer, WorkTask } from './work-task.ts';

/** Digests on threads. What comes in pieces stays on one thread: the one with the fewest digests begun. */
export function createThreadDigester(threads: ThreadPool<WorkTask, WorkAnswer>): Digester {
  const begun = new Array<number>(threads.threadCount).fill(0);
  let streams = 0;
  return {
    ahead: 2 * threads.threadCount,
    streams: threads.threadCount,
    allocate: createSharedReadMemory,
    sha256: async (bytes) => digestOf(await threads.run({ kind: 'sha256', bytes })),
    stream() {
      const stream = streams++;
      const thread = begun.indexOf(Math.min(...begun));
      begun[thread] = (begun[thread] as number) + 1;
      return {
        async update(bytes) {
          await threads.run({ kind: 'update', stream, bytes }, thread);
        },
        async updateFromFile(range) {
          await threads.run({ kind: 'updateFromFile', stream, ...range }, thread);
        },
        async digest() {
          begun[thread] = (begun[thread] as number) - 1;
          return digestOf(await threads.run({ kind: 'digest', stream }, thread));
        },
      };
    },
  };
}

function digestOf(answer: unknown): Uint8Array {
  if (!(answer instanceof Uint8Array)) throw new Error('internal error: a thread gave no digest');
  return answer;
}
