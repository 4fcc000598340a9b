/**
 * Tasks dealt to threads. What a thread is, and what it can do, is the business of whoever starts it: this knows when it
 * is ready, that it answers its tasks one by one in order, and that it may fail.
 */
import type { Holding, Ledger } from './ledger.ts';

/** Tasks that a thread holds unasked: one at work, and one more, so that it does not wait for its owner in between. */
const TASKS_PER_THREAD = 2;

/** A thread that does one task after the other. */
export interface PoolThread<Task> {
  post(task: Task): void;
  /** Ends it; resolves when it touches no memory and no file any more. */
  terminate(): Promise<void>;
}

/** What a thread tells its owner. */
export interface PoolThreadEvents<Answer> {
  /** The thread waits for tasks. */
  onReady(): void;
  /** The oldest task that was not answered yet: its result, or why there is none. The thread goes on either way. */
  onAnswer(answer: Answer | TaskFailure): void;
  /** The thread is gone without having been asked to go. */
  onFailure(cause: unknown): void;
}

/** A task that came to nothing. */
export interface TaskFailure {
  readonly failure: string;
}

/** Threads to start. */
export interface ThreadPoolOptions<Task, Answer> {
  readonly threadCount: number;
  /** What they do, for messages: `that takes digests`. */
  readonly purpose: string;
  /** Tasks that a thread holds, the one at work among them: more where its owner may be busy for long. Default 2. */
  readonly tasksPerThread?: number;
  /** Gets every thread, until it is gone. */
  readonly ledger?: Ledger | undefined;
  /** Starts one; undefined where the platform has none. Throws what the platform throws where it has no room for one. */
  start(events: PoolThreadEvents<Answer>): PoolThread<Task> | undefined;
}

/** A pool. Whoever starts it closes it: until then it keeps a process alive. Calls may overlap. */
export interface ThreadPool<Task, Answer> {
  /** Threads that were asked for. */
  readonly threadCount: number;
  readonly tasksPerThread: number;
  /** Resolves as soon as one thread is at work: true; false where none will be. A thread takes 50 ms or so to start. */
  readonly started: Promise<boolean>;
  /**
   * Does a task; tasks begin in order, as threads are free. With `thread`, 0 to `threadCount` - 1, that thread does it,
   * before all that anyone can do: tasks that belong to state of a thread come in order too. Throws Error where the task
   * failed, its thread or all of them have failed, or the pool is closed; RangeError for a thread that there is not.
   */
  run(task: Task, thread?: number): Promise<Answer>;
  /** Ends the threads, whatever they do; resolves when they are gone. May be called twice. */
  close(): Promise<void>;
}

interface Pending<Task, Answer> {
  readonly task: Task;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

interface Member<Task, Answer> {
  readonly thread: PoolThread<Task>;
  readonly holding: Holding | undefined;
  /** What it was given and has not answered, oldest first. */
  readonly given: Pending<Task, Answer>[];
  /** What nobody else may do. */
  readonly own: Pending<Task, Answer>[];
  isReady: boolean;
}

/** Starts a pool; undefined where the platform has no threads. Throws RangeError for a count that is none. */
export function startThreadPool<Task, Answer>(
  options: ThreadPoolOptions<Task, Answer>,
): ThreadPool<Task, Answer> | undefined {
  type Threads = Member<Task, Answer>;
  const { threadCount, purpose, tasksPerThread = TASKS_PER_THREAD, ledger } = options;
  if (!Number.isSafeInteger(threadCount) || threadCount < 1) {
    throw new RangeError(`threadCount must be a positive integer, got ${threadCount}`);
  }
  /** By number; undefined where one has failed. */
  const members: (Threads | undefined)[] = [];
  const queue: Pending<Task, Answer>[] = [];
  let resolveStarted: (started: boolean) => void = () => {};
  const started = new Promise<boolean>((resolve) => {
    resolveStarted = resolve;
  });
  /** Why nothing is accepted any more. */
  let ended: Error | undefined;
  let closing: Promise<void> | undefined;

  const living = (): Threads[] => members.filter((member): member is Threads => member !== undefined);

  function give({ thread, given }: Threads, pending: Pending<Task, Answer>): void {
    given.push(pending);
    thread.post(pending.task);
  }

  function deal(): void {
    const free = living().filter(({ isReady }) => isReady);
    for (const member of free) {
      while (member.given.length < tasksPerThread) {
        const own = member.own.shift();
        if (own === undefined) break;
        give(member, own);
      }
    }
    for (;;) {
      const idlest = free.sort((a, b) => a.given.length - b.given.length)[0];
      if (queue.length === 0 || idlest === undefined || idlest.given.length >= tasksPerThread) return;
      give(idlest, queue.shift() as Pending<Task, Answer>);
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
    const gone = living();
    members.fill(undefined);
    await Promise.all(
      gone.map(({ thread, holding }) => {
        const ended = thread.terminate();
        holding?.release(ended);
        return ended;
      }),
    );
    for (const { given, own } of gone) for (const { reject } of [...given, ...own]) reject(error);
  }

  function start(number: number): boolean {
    const thread = options.start({
      onReady() {
        member.isReady = true;
        resolveStarted(true);
        deal();
      },
      onAnswer(answer) {
        const pending = member.given.shift();
        if (isFailure(answer)) pending?.reject(new Error(answer.failure));
        else pending?.resolve(answer);
        deal();
      },
      onFailure(cause) {
        const error = new Error(`a thread ${purpose} failed`, { cause });
        // A worker tells of its error, and then of its end.
        if (members[number] === member) member.holding?.release();
        members[number] = undefined;
        for (const { reject } of [...member.given, ...member.own]) reject(error);
        if (living().length === 0) end(error);
      },
    });
    if (thread === undefined) return false;
    const holding = ledger?.take({ name: `thread ${number} ${purpose}`, kind: 'thread', object: thread });
    const member: Threads = { thread, holding, given: [], own: [], isReady: false };
    members[number] = member;
    return true;
  }

  for (let number = 0; number < threadCount; number++) {
    try {
      if (!start(number)) return undefined;
    } catch (cause) {
      if (living().length === 0) end(new Error('no thread can be started', { cause }));
    }
  }
  return {
    threadCount,
    tasksPerThread,
    started,
    async run(task, thread) {
      if (ended !== undefined) throw ended;
      if (thread !== undefined && !(Number.isSafeInteger(thread) && thread >= 0 && thread < threadCount)) {
        throw new RangeError(`no thread ${thread} of ${threadCount}`);
      }
      const member = thread === undefined ? undefined : members[thread];
      if (thread !== undefined && member === undefined) throw new Error(`a thread ${purpose} failed`);
      return new Promise((resolve, reject) => {
        (member?.own ?? queue).push({ task, resolve, reject });
        deal();
      });
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function isFailure(answer: unknown): answer is TaskFailure {
  return typeof answer === 'object' && answer !== null && 'failure' in answer;
}
