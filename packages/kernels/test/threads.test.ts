/** A pool of real threads: barriers order what they must, and all stop at the same one. */
import { afterEach, describe, expect, it } from 'vitest';
import { compileKernels, type EngineThread, instantiateKernels, startThread, table } from '../src/index.ts';
import { differences, gaussian } from './_values.ts';

const COLUMNS = 256;
/** Addresses: two vectors, weights, the control block, the table. */
const A = 4096;
const B = A + 4 * COLUMNS;
const WEIGHT = B + 4 * COLUMNS;
const CONTROL = 16_384;
const RECORDS = 32_768;
const WORKSPACE = 24_576;

const compiled = await compileKernels({ shared: true });
if (compiled === undefined) throw new Error('this engine has no WebAssembly with SIMD');
const { module } = compiled;

/**
 * A memory with a program that goes wrong wherever a thread runs ahead: norms from A to B and back, each of which reads
 * what all threads wrote before.
 */
function createProgram(operations: number, threads: number): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 65_536, shared: true });
  const view = new DataView(memory.buffer);
  new Float32Array(memory.buffer, A, COLUMNS).set(gaussian(COLUMNS, 1));
  new Float32Array(memory.buffer, WEIGHT, COLUMNS).set(gaussian(COLUMNS, 2));
  for (let index = 0; index < operations; index++) {
    const at = RECORDS + index * table.RECORD_BYTES;
    const [from, to] = index % 2 === 0 ? [A, B] : [B, A];
    const fields = [from, table.KIND_F32, WEIGHT, 4 * COLUMNS, to, COLUMNS];
    view.setUint32(at, table.RMS_NORM, true);
    view.setUint32(at + 4, index === 0 ? 0 : table.BARRIER_BEFORE, true);
    fields.forEach((value, field) => {
      view.setUint32(at + 8 + 4 * field, value, true);
    });
    view.setFloat64(at + 32, 1e-5, true);
  }
  for (const [offset, value] of [
    [table.RUN_TOKENS, 1],
    [table.THREADS, threads],
    [table.TABLE, RECORDS],
    [table.OPERATIONS, operations],
    [table.WORKSPACE, WORKSPACE],
  ] as const) {
    view.setUint32(CONTROL + offset, value, true);
  }
  return memory;
}

function vectors(memory: WebAssembly.Memory): Float32Array {
  return new Float32Array(memory.buffer, A, 2 * COLUMNS).slice();
}

const running: EngineThread[] = [];

afterEach(() => {
  for (const thread of running.splice(0)) thread.terminate();
});

/** A pool over a memory; gives a function that does one run and resolves with the operation it stopped before. */
async function startPool(memory: WebAssembly.Memory, threads: number): Promise<() => Promise<number>> {
  const words = new Int32Array(memory.buffer, CONTROL, table.CONTROL_BYTES / 4);
  let finish: (next: number) => void = () => {};
  const ready = Array.from({ length: threads }, (_, thread) => {
    return new Promise<void>((onReady, onFailure) => {
      const events = { onReady, onFailure, onFinished: (next: number) => finish(next) };
      running.push(startThread({ module, memory, control: CONTROL, thread }, events));
    });
  });
  await Promise.all(ready);
  return () =>
    new Promise<number>((resolve) => {
      finish = resolve;
      Atomics.add(words, table.EPOCH / 4, 1);
      Atomics.notify(words, table.EPOCH / 4);
    });
}

/** The vectors after the first `count` operations, by one thread. */
function replay(operations: number, count: number): Float32Array {
  const memory = createProgram(operations, 1);
  expect(instantiateKernels(module, memory).run(CONTROL, 0, 0, count)).toBe(count);
  return vectors(memory);
}

describe('threads', () => {
  it.each([1, 2, 3, 4])('%i of them give what one gives, run after run', async (threads) => {
    const memory = createProgram(300, threads);
    const run = await startPool(memory, threads);
    for (let round = 1; round <= 3; round++) {
      expect(await run()).toBe(300);
      const alone = createProgram(300, 1);
      const { run: runAlone } = instantiateKernels(module, alone);
      for (let i = 0; i < round; i++) runAlone(CONTROL, 0, 0, 300);
      expect(differences(vectors(memory), vectors(alone))).toEqual([]);
    }
  });

  it.each([1, 2, 3])('cancelled before they begin, %i stop at the first barrier', async (threads) => {
    const memory = createProgram(100, threads);
    const words = new Int32Array(memory.buffer, CONTROL, table.CONTROL_BYTES / 4);
    const run = await startPool(memory, threads);
    Atomics.store(words, table.CANCEL / 4, 1);
    expect(await run()).toBe(1);
    expect(differences(vectors(memory), replay(100, 1))).toEqual([]);
    // The pool lives on.
    Atomics.store(words, table.CANCEL / 4, 0);
    expect(await run()).toBe(100);
  });

  it('cancelled while they work, all stop at the same operation', async () => {
    const operations = 20_000;
    const memory = createProgram(operations, 2);
    const words = new Int32Array(memory.buffer, CONTROL, table.CONTROL_BYTES / 4);
    const run = await startPool(memory, 2);
    const finished = run();
    Atomics.store(words, table.CANCEL / 4, 1);
    const next = await finished;
    expect(next).toBeGreaterThanOrEqual(1);
    expect(differences(vectors(memory), replay(operations, next))).toEqual([]);
  });

  it('end when they are told to quit', async () => {
    const memory = createProgram(1, 2);
    const words = new Int32Array(memory.buffer, CONTROL, table.CONTROL_BYTES / 4);
    const ended = Promise.all(
      [0, 1].map((thread) => {
        return new Promise<unknown>((resolve) => {
          const events = { onReady() {}, onFinished() {}, onFailure: resolve };
          running.push(startThread({ module, memory, control: CONTROL, thread }, events));
        });
      }),
    );
    Atomics.store(words, table.QUIT / 4, 1);
    Atomics.add(words, table.EPOCH / 4, 1);
    Atomics.notify(words, table.EPOCH / 4);
    await ended;
  });
});
