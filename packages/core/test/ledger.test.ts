import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { createLedger, type Ledger, startThreadPool, yieldToEventLoop } from '../src/index.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Collects as often as it takes, for a bounded number of times. */
async function collect(done: () => boolean): Promise<void> {
  for (let round = 0; round < 20 && !done(); round++) {
    await yieldToEventLoop();
    gc();
    await yieldToEventLoop();
  }
}

describe('a ledger', () => {
  it('lists what was not given back, with its size and where it was taken', () => {
    const ledger = createLedger();
    function borrower(): void {
      ledger.take({ name: 'a', kind: 'buffer', bytes: 3 });
    }
    borrower();
    const thread = ledger.take({ name: 'b', kind: 'thread' });
    const [a, b] = ledger.open();
    expect(a).toMatchObject({ name: 'a', kind: 'buffer', bytes: 3 });
    expect(a?.where[0]).toMatch(/^borrower .*ledger\.test\.ts:\d+:\d+\)$/);
    expect(b).toMatchObject({ name: 'b', kind: 'thread' });
    expect(b).not.toHaveProperty('bytes');
    expect(b?.takenAtMilliseconds).toBeGreaterThanOrEqual(a?.takenAtMilliseconds ?? Number.NaN);
    thread.release();
    expect(ledger.open()).toEqual([a]);
  });

  it('counts everything taken, and bytes of blocks in their memory alone', () => {
    const ledger = createLedger();
    const taken = [
      ledger.take({ name: 'model', kind: 'memory', bytes: 100 }),
      ledger.take({ name: 'weights/a', kind: 'block', bytes: 60 }),
      ledger.take({ name: 'chunk', kind: 'buffer', bytes: 7 }),
    ];
    for (const holding of taken) holding.release();
    expect(ledger.taken).toEqual({ count: 3, bytes: 107 });
    expect(ledger.open()).toEqual([]);
  });

  it('takes nothing back twice, not even while it ends', async () => {
    const ledger = createLedger();
    const [once, ending] = [1, 2].map((n) => ledger.take({ name: `n${n}`, kind: 'thread' }));
    once?.release();
    expect(() => once?.release()).toThrow('n1 was given back twice');
    ending?.release(Promise.resolve());
    expect(() => ending?.release()).toThrow('n2 was given back twice');
    await ledger.settled();
    expect(ledger.open()).toEqual([]);
  });

  it('holds what ends later until it has ended, well or badly', async () => {
    const ledger = createLedger();
    let end: () => void = () => {};
    ledger.take({ name: 'a', kind: 'thread' }).release(new Promise<void>((resolve) => (end = resolve)));
    ledger.take({ name: 'b', kind: 'file' }).release(Promise.reject(new Error('disk')));
    expect(ledger.open()).toHaveLength(2);
    let isSettled = false;
    const settled = ledger.settled().then(() => (isSettled = true));
    await yieldToEventLoop();
    expect(ledger.open().map(({ name }) => name)).toEqual(['a']);
    expect(isSettled).toBe(false);
    end();
    await settled;
    expect(ledger.open()).toEqual([]);
  });

  it('tells what was given back and is still reachable, from what is gone', async () => {
    const ledger = createLedger();
    const kept = new Uint8Array(16);
    (() => {
      const gone = new ArrayBuffer(2 ** 20);
      ledger.take({ name: 'gone', kind: 'buffer', object: gone }).release();
      ledger.take({ name: 'kept', kind: 'buffer', object: kept.buffer }).release();
    })();
    await collect(() => ledger.retained().length < 2);
    expect(ledger.retained().map(({ name }) => name)).toEqual(['kept']);
    expect(ledger.open()).toEqual([]);
    expect(kept).toHaveLength(16);
  });

  it('keeps nothing alive by itself, neither what is held nor what took it', async () => {
    const ledger = createLedger();
    const references = ((): WeakRef<object>[] => {
      const thing = { bytes: new Uint8Array(1000) };
      const closure = (): object => {
        ledger.take({ name: 'thing', kind: 'buffer', object: thing });
        return thing;
      };
      return [new WeakRef(closure()), new WeakRef(closure)];
    })();
    const alive = (): number => references.filter((reference) => reference.deref() !== undefined).length;
    await collect(() => alive() === 0);
    expect(alive()).toBe(0);
    expect(ledger.open()).toHaveLength(1);
  });

  it.each([
    ['without captureStackTrace', undefined],
    ['with it', Error.captureStackTrace],
  ])('says where %s', (_name, captureStackTrace) => {
    const original = Error.captureStackTrace;
    try {
      Object.assign(Error, { captureStackTrace });
      const ledger = createLedger();
      (function taker() {
        ledger.take({ name: 'a', kind: 'file' });
      })();
      expect(ledger.open()[0]?.where[0]).toMatch(/^taker /);
    } finally {
      Object.assign(Error, { captureStackTrace: original });
    }
  });
});

describe('threads of a pool', () => {
  function play(
    ledger: Ledger,
    refuseFrom = 9,
  ): { end: () => void; fail: (thread: number) => void; close: () => unknown } {
    let end: () => void = () => {};
    const gone = new Promise<void>((resolve) => (end = resolve));
    const failures: ((cause: unknown) => void)[] = [];
    const pool = startThreadPool<number, number>({
      threadCount: 3,
      purpose: 'of a test',
      ledger,
      start(events) {
        if (failures.length >= refuseFrom) throw new Error('no room');
        failures.push(events.onFailure);
        return { post: vi.fn(), terminate: () => gone };
      },
    });
    return { end, fail: (thread) => failures[thread]?.(new Error('died')), close: () => pool?.close() };
  }

  it('are on the ledger until they are gone, and one that failed is not', async () => {
    const ledger = createLedger();
    const { end, fail, close } = play(ledger);
    expect(ledger.open().map(({ name }) => name)).toEqual([0, 1, 2].map((n) => `thread ${n} of a test`));
    // Node tells of an error, and then of the end that it was.
    fail(1);
    fail(1);
    expect(ledger.open()).toHaveLength(2);
    const closing = close();
    await yieldToEventLoop();
    expect(ledger.open()).toHaveLength(2);
    end();
    await closing;
    await ledger.settled();
    expect(ledger.open()).toEqual([]);
    fail(0);
  });

  it('that could not be started never were', async () => {
    const ledger = createLedger();
    const { end, close } = play(ledger, 1);
    expect(ledger.open()).toHaveLength(1);
    end();
    await close();
    expect(ledger.open()).toEqual([]);
  });
});
