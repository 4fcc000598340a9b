/** Loading: the tape is the file's DATA, whoever reads and hashes it; what is wrong with a file is found; nothing stays. */
import { mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, layoutCheckpoint, openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { memorySource } from '@mirust/core';
import { CHUNK_BYTES, type DigestPool, startDigestPool } from '@mirust/integrity';
import { type LoadOptions, loadModel } from '@mirust/runtime';
import { validateDiagnostics } from '@mirust/schemas';
import { readSlm2 } from '@mirust/slm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @boundaries-ignore the weight tape is the runtime's own business
import { allocateMemory, type MemoryOptions } from '../packages/runtime/src/memory.ts';
// @boundaries-ignore the weight tape is the runtime's own business
import { readWeights } from '../packages/runtime/src/read-weights.ts';
import { blockCheckpoint, noiseCheckpoint, openBytes, packCheckpoint, withTokenizer } from './support.ts';

/** Six chunks of DATA at q8, rows that do not fill their panels among them. */
const SHAPE = {
  vocabSize: 2500,
  hiddenSize: 256,
  layerCount: 5,
  headCount: 8,
  kvHeadCount: 2,
  headDim: 32,
  ffnSize: 1028,
  maxContext: 64,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: true,
} as const;

let directory: string;
let path: string;
let bytes: Uint8Array;
let data: Uint8Array;
let dataOffset: number;
let pool: DigestPool;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mirust-load-'));
  path = join(directory, 'model.slm');
  bytes = await packCheckpoint(withTokenizer(noiseCheckpoint(SHAPE)), { quant: 'q8' });
  await writeFile(path, bytes);
  dataOffset = (await readSlm2(memorySource(bytes))).dataOffset;
  data = bytes.subarray(dataOffset);
  expect(data.byteLength).toBeGreaterThan(5 * CHUNK_BYTES);
  pool = startDigestPool(2) as DigestPool;
  await pool.started;
});
afterAll(async () => {
  await pool.close();
  await rm(directory, { recursive: true });
});

const open = async (file: string): Promise<Checkpoint> => openCheckpoint(await openPath(file));

/** The weight tape behind a load, and what was measured. */
async function tapeOf(
  checkpoint: Checkpoint,
  kind: MemoryOptions['kind'],
  withPool = false,
): Promise<{ tape: Uint8Array; times: Awaited<ReturnType<typeof readWeights>>['times'] }> {
  const memory = allocateMemory(layoutCheckpoint(checkpoint, { context: 16 }), kind === undefined ? {} : { kind });
  const { times } = await readWeights(checkpoint, memory, withPool ? { pool } : {});
  return { tape: memory.weightTape(), times };
}

describe('the weight tape', () => {
  it.each([
    ['plain', false],
    ['wasm', false],
    ['wasm-shared', false],
    ['wasm-shared', true],
  ] as const)('is the DATA of its file: %s memory, threads: %s', async (kind, withPool) => {
    const checkpoint = await open(path);
    const { tape, times } = await tapeOf(checkpoint, kind, withPool);
    await checkpoint.close();
    expect(Buffer.compare(tape.subarray(0, data.byteLength), data)).toBe(0);
    expect(tape.subarray(data.byteLength).every((byte) => byte === 0)).toBe(true);
    expect(times.bytes).toBe(data.byteLength);
    expect(times.verifyMilliseconds).toBeGreaterThan(0);
    expect(times.interleaveMilliseconds).toBeUndefined();
  });

  it('is the same from rows one by one, which are interleaved on the way', async () => {
    const rows = await packCheckpoint(await openBytes(bytes), { layout: 'rows' });
    for (const kind of ['plain', 'wasm', 'wasm-shared'] as const) {
      const { tape, times } = await tapeOf(await openBytes(rows), kind);
      expect(Buffer.compare(tape.subarray(0, data.byteLength), data)).toBe(0);
      expect(times.interleaveMilliseconds).toBeGreaterThan(0);
      expect(times.verifyMilliseconds).toBeUndefined();
    }
  });

  it.each(['Q8_0', 'Q4_0'] as const)('is what a packer writes, from blocks of %s', async (dtype) => {
    const source = blockCheckpoint(dtype, { ...SHAPE, layerCount: 2, ffnSize: 1056 });
    const packed = await packCheckpoint(source);
    const expected = packed.subarray((await readSlm2(memorySource(packed))).dataOffset);
    for (const kind of ['plain', 'wasm', 'wasm-shared'] as const) {
      const { tape, times } = await tapeOf(source, kind);
      expect(Buffer.compare(tape.subarray(0, expected.byteLength), expected)).toBe(0);
      expect(times.interleaveMilliseconds).toBeGreaterThan(0);
    }
  });
});

/** Threads that keep the process alive. */
function threadCount(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
}

const WAYS: readonly LoadOptions[] = [
  { backend: 'reference', context: 16 },
  { threads: 1, context: 16 },
  { threads: 2, context: 16 },
];

describe.each(WAYS)('loading with %o', (options) => {
  it('finds a changed byte anywhere in DATA', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(data.byteLength - 1), async (at) => {
        const changed = bytes.slice();
        changed[dataOffset + at] = (changed[dataOffset + at] ?? 0) ^ 16;
        const offset = dataOffset + Math.floor(at / CHUNK_BYTES) * CHUNK_BYTES;
        const loading = loadModel(await openBytes(changed), options);
        await expect(loading).rejects.toMatchObject({ code: 'CHUNK_DIGEST', offset });
      }),
      { numRuns: 10 },
    );
  });

  it('finds that the file was replaced, cut or written to after it was opened', async () => {
    const changes: ((file: string) => Promise<void>)[] = [
      async (file) => {
        await writeFile(`${file}.new`, bytes);
        await rename(`${file}.new`, file);
      },
      (file) => truncate(file, dataOffset + 3 * CHUNK_BYTES + 5),
      (file) =>
        writeFile(
          file,
          bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte)),
        ),
    ];
    for (const [index, change] of changes.entries()) {
      const file = join(directory, `changing-${index}.slm`);
      await writeFile(file, bytes);
      const checkpoint = await open(file);
      await change(file);
      await expect(loadModel(checkpoint, options)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
      await checkpoint.close();
    }
  });

  it('tells how far it is, can be stopped on the way, and leaves nothing running', async () => {
    const before = threadCount();
    const checkpoint = await open(path);
    const progress: number[] = [];
    const onProgress = (done: number, total: number): number => progress.push(done / total);
    const model = await loadModel(checkpoint, { ...options, onProgress });
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    model.free();

    const controller = new AbortController();
    let calls = 0;
    const abort = (): void => {
      calls++;
      controller.abort(new Error('enough'));
    };
    const stopped = loadModel(checkpoint, { ...options, signal: controller.signal, onProgress: abort });
    await expect(stopped).rejects.toThrow('enough');
    expect(calls).toBeLessThan(progress.length);
    await checkpoint.close();
    // The threads of a freed model end by themselves, a little later: those of the test before this one may do so, too.
    while (threadCount() > before) await new Promise((resolve) => setImmediate(resolve));
    expect(threadCount()).toBeLessThanOrEqual(before);
  });

  it('says what bounded it', async () => {
    const checkpoint = await open(path);
    const model = await loadModel(checkpoint, options);
    const diagnostics = model.diagnostics();
    expect(validateDiagnostics(diagnostics).ok).toBe(true);
    const { milliseconds, bytes: loaded, readMilliseconds = -1, verifyMilliseconds = -1, bound } = diagnostics.load;
    expect(loaded).toBe(data.byteLength);
    expect(bound).toBe(readMilliseconds > verifyMilliseconds ? 'read' : 'verify');
    // The caller's thread hashes and reads this little file: its times are no more than there was.
    expect(readMilliseconds + verifyMilliseconds).toBeLessThanOrEqual(milliseconds);
    model.free();
    await checkpoint.close();
  });
});
