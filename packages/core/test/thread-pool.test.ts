/** Pools over threads that the test plays, so that every order of answers and failures comes up; then over real ones. */
import { afterEach, describe, expect, it } from 'vitest';
import { type PoolThreadEvents, startThreadPool, type TaskFailure, type ThreadPool } from '../src/index.ts';
import { startWorkerThread } from '../src/node/index.ts';

/** A thread in the hands of a test. */
interface PlayedThread {
  readonly events: PoolThreadEvents<string>;
  readonly posted: string[];
  isTerminated: boolean;
}

function play(threadCount: number): { pool: ThreadPool<string, string>; threads: PlayedThread[] } {
  const threads: PlayedThread[] = [];
  const pool = startThreadPool<string, string>({
    threadCount,
    purpose: 'of a test',
    start(events) {
      const thread: PlayedThread = { events, posted: [], isTerminated: false };
      threads.push(thread);
      return {
        post: (task) => thread.posted.push(task),
        async terminate() {
          thread.isTerminated = true;
        },
      };
    },
  });
  if (pool === undefined) throw new Error('no pool');
  return { pool, threads };
}

function threadOf(threads: readonly PlayedThread[], number: number): PlayedThread {
  const thread = threads[number];
  if (thread === undefined) throw new Error(`no thread ${number}`);
  return thread;
}

describe('a pool', () => {
  it('keeps tasks until a thread is ready, deals two to each, the rest as they answer', async () => {
    const { pool, threads } = play(2);
    const tasks = ['a', 'b', 'c', 'd', 'e', 'f'].map((task) => pool.run(task));
    const [first, second] = [threadOf(threads, 0), threadOf(threads, 1)];
    expect([first.posted, second.posted]).toEqual([[], []]);
    first.events.onReady();
    expect(await pool.started).toBe(true);
    expect(first.posted).toEqual(['a', 'b']);
    second.events.onReady();
    expect(second.posted).toEqual(['c', 'd']);
    second.events.onAnswer('C');
    expect(second.posted).toEqual(['c', 'd', 'e']);
    first.events.onAnswer('A');
    expect(first.posted).toEqual(['a', 'b', 'f']);
    for (const answer of ['B', 'F']) first.events.onAnswer(answer);
    for (const answer of ['D', 'E']) second.events.onAnswer(answer);
    expect(await Promise.all(tasks)).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
  });

  it('gives tasks that belong to a thread to that thread, in order and before all others', async () => {
    const { pool, threads } = play(2);
    const [first, second] = [threadOf(threads, 0), threadOf(threads, 1)];
    const tasks = [pool.run('any'), ...['x', 'y', 'z'].map((task) => pool.run(task, 1))];
    second.events.onReady();
    expect(second.posted).toEqual(['x', 'y']);
    second.events.onAnswer('X');
    expect(second.posted).toEqual(['x', 'y', 'z']);
    first.events.onReady();
    expect(first.posted).toEqual(['any']);
    first.events.onAnswer('ANY');
    for (const answer of ['Y', 'Z']) second.events.onAnswer(answer);
    expect(await Promise.all(tasks)).toEqual(['ANY', 'X', 'Y', 'Z']);
    await expect(pool.run('x', 2)).rejects.toThrow(RangeError);
  });

  it('passes a failed task on and goes on with the next', async () => {
    const { pool, threads } = play(1);
    const thread = threadOf(threads, 0);
    thread.events.onReady();
    const failed = pool.run('bad');
    const good = pool.run('good');
    const failure: TaskFailure = { failure: 'it is bad' };
    thread.events.onAnswer(failure);
    thread.events.onAnswer('GOOD');
    await expect(failed).rejects.toThrow('it is bad');
    expect(await good).toBe('GOOD');
  });

  it('goes on without a thread that failed, and ends with the last one', async () => {
    const { pool, threads } = play(2);
    const [first, second] = [threadOf(threads, 0), threadOf(threads, 1)];
    for (const { events } of threads) events.onReady();
    const lost = [pool.run('a', 0), pool.run('b', 0), pool.run('c', 0)];
    const settled = Promise.allSettled(lost);
    first.events.onFailure(new Error('out of memory'));
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(lost[0]).rejects.toMatchObject({ message: 'a thread of a test failed', cause: expect.any(Error) });
    await expect(pool.run('d', 0)).rejects.toThrow('failed');
    const done = pool.run('e');
    second.events.onAnswer('E');
    expect(await done).toBe('E');
    const last = pool.run('f');
    second.events.onFailure(new Error('out of memory'));
    await expect(last).rejects.toThrow('failed');
    await expect(pool.run('g')).rejects.toThrow('failed');
  });

  it('that is closed ends every thread and every task', async () => {
    const { pool, threads } = play(2);
    threadOf(threads, 0).events.onReady();
    const tasks = [pool.run('a'), pool.run('b', 1), pool.run('c', 0), pool.run('d'), pool.run('e')];
    const settled = Promise.allSettled(tasks);
    await Promise.all([pool.close(), pool.close()]);
    expect((await settled).every(({ status }) => status === 'rejected')).toBe(true);
    expect(threads.every(({ isTerminated }) => isTerminated)).toBe(true);
    await expect(pool.run('f')).rejects.toThrow('closed');
  });

  it('says that none runs where none can be started', async () => {
    const pool = startThreadPool<string, string>({
      threadCount: 2,
      purpose: 'of a test',
      start: () => {
        throw new Error('no room');
      },
    });
    expect(await pool?.started).toBe(false);
    await expect(pool?.run('a')).rejects.toThrow('no thread can be started');
    expect(startThreadPool({ threadCount: 1, purpose: 'of a test', start: () => undefined })).toBeUndefined();
    for (const threadCount of [0, -1, 1.5, Number.NaN]) expect(() => play(threadCount)).toThrow(RangeError);
  });
});

describe('worker threads', () => {
  let pool: ThreadPool<number, number> | undefined;

  afterEach(async () => {
    await pool?.close();
    pool = undefined;
  });

  it('do tasks, and keep state between those that belong to them', async () => {
    const body =
      'let sum = data.start; return (value) => { if (value < 0) throw new Error("negative"); return (sum += value); };';
    const threads = startThreadPool<number, number>({
      threadCount: 3,
      purpose: 'of a test',
      start: (events) => startWorkerThread({ body, data: { start: 100 } }, events),
    });
    pool = threads;
    if (threads === undefined) throw new Error('no pool');
    const sums = await Promise.all(
      [1, 2, 3, 4].flatMap((value) => [threads.run(value, 0), threads.run(10 * value, 2)]),
    );
    expect(sums).toEqual([101, 110, 103, 130, 106, 160, 110, 200]);
    await expect(threads.run(-1, 0)).rejects.toThrow('Error: negative');
    expect(await threads.run(0, 0)).toBe(110);
  });

  it('that cannot run their script fail', async () => {
    pool = startThreadPool<number, number>({
      threadCount: 1,
      purpose: 'of a test',
      start: (events) => startWorkerThread({ body: 'throw new Error("no such module")' }, events),
    });
    expect(await pool?.started).toBe(false);
    await expect(pool?.run(1)).rejects.toThrow('failed');
  });
});
