/** What no layout decides, put together from what was measured. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type HostOptions,
  hostBaseline,
  hostComponents,
  hostHeap,
  type LoadOptions,
  loadTimeline,
} from '../src/index.ts';

const baseline = hostBaseline('node', '20.20.2');
if (baseline === undefined) throw new Error('no baseline of Node 20');

const TAPES = { engine: 100_000, weights: 10_000_000, workingBuffers: 2_000_000, kvCache: 3_000_000 };
const MODEL: LoadOptions = { tapes: TAPES, vocabSize: 32_000, tensorCount: 100 };

const sum = (parts: readonly { readonly bytes: number }[]): number =>
  parts.reduce((total, { bytes }) => total + bytes, 0);

function phaseOf(options: LoadOptions, phase: string): { readonly names: readonly string[]; readonly bytes: number } {
  const moment = loadTimeline(baseline, options).find((entry) => entry.phase === phase);
  if (moment === undefined) throw new Error(`no moment ${phase}`);
  return { names: moment.parts.map(({ name }) => name), bytes: moment.bytes };
}

describe('a baseline', () => {
  it('is that of the version, or of the nearest one', () => {
    expect(hostBaseline('node', '20.1.0')).toBe(baseline);
    expect(hostBaseline('node', '18.0.0')).toBe(baseline);
    expect(hostBaseline('node', 'what')).toBe(hostBaseline('node'));
  });

  it('has curves that begin at nothing and rise by size', () => {
    for (const { points } of baseline.tokenizers) {
      expect(points[0]).toMatchObject({ keptBytes: 0, loadingBytes: 0 });
      const sizes = points.map(({ vocabSize }) => vocabSize);
      expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    }
  });
});

describe('the components of a host', () => {
  it('are the process, code, threads, the tokenizer and the tensors', () => {
    const parts = hostComponents(baseline, { threads: 2, vocabSize: 32_000, tensorCount: 100 });
    expect(parts.map(({ name, kind }) => `${name}: ${kind}`)).toEqual([
      'host process: measured',
      'compiled code: measured',
      'engine threads: measured',
      'tokenizer: measured',
      'objects of tensors: estimated',
    ]);
    expect(parts[2]?.bytes).toBe(baseline.poolBytes + 2 * baseline.threadBytes);
  });

  it('are estimated between two measured sizes, and lie between them', () => {
    const tokenizer = (vocabSize: number): { readonly bytes: number; readonly kind: string } => {
      const options: HostOptions = { vocabSize, tensorCount: 1, container: 'huggingface' };
      const row = hostComponents(baseline, options).find(({ name }) => name === 'tokenizer');
      if (row === undefined) throw new Error('no tokenizer');
      return row;
    };
    const [low, middle, high] = [tokenizer(32_000), tokenizer(40_000), tokenizer(49_152)];
    expect([low.kind, middle.kind, high.kind]).toEqual(['measured', 'estimated', 'measured']);
    expect(middle.bytes).toBeGreaterThanOrEqual(low.bytes);
    expect(middle.bytes).toBeLessThanOrEqual(high.bytes);
    expect(tokenizer(0).bytes).toBe(0);
    expect(tokenizer(303_872).bytes).toBe(2 * tokenizer(151_936).bytes);
  });

  it('are whole numbers for any sizes', () => {
    const any = fc.record({
      threads: fc.integer({ min: 1, max: 64 }),
      vocabSize: fc.integer({ min: 0, max: 2 ** 24 }),
      tensorCount: fc.integer({ min: 0, max: 10_000 }),
      container: fc.constantFrom('slm2', 'gguf', 'huggingface'),
      tokenizerKind: fc.constantFrom('sentencepiece-bpe', 'byte-level-bpe'),
      imageBytes: fc.integer({ min: 0, max: 2 ** 33 }),
    });
    fc.assert(
      fc.property(any, (options) => {
        for (const { bytes } of hostComponents(baseline, options as HostOptions)) {
          expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
        }
      }),
    );
  });

  it.each([
    [{ threads: 0 }, 'threads must be at least 1'],
    [{ threads: 1.5 }, 'threads must be a non-negative integer, got 1.5'],
    [{ vocabSize: -1 }, 'vocabSize'],
    [{ tensorCount: Number.NaN }, 'tensorCount'],
    [{ imageBytes: Number.POSITIVE_INFINITY }, 'imageBytes'],
  ])('refuse %j', (change, message) => {
    expect(() => hostComponents(baseline, { ...MODEL, ...change })).toThrow(RangeError);
    expect(() => hostComponents(baseline, { ...MODEL, ...change })).toThrow(message);
  });

  it('have a heap that grows with tensors, and ArrayBuffers that grow with the vocabulary', () => {
    const small = hostHeap(baseline, { vocabSize: 0, tensorCount: 0 });
    const large = hostHeap(baseline, { vocabSize: 1000, tensorCount: 10 });
    expect(large.heapBytes - small.heapBytes).toBe(10 * baseline.heap.tensorBytes);
    expect(large.arrayBuffersBytes - small.arrayBuffersBytes).toBe(1000 * baseline.arrayBuffers.tokenBytes);
  });
});

describe('a timeline', () => {
  it('sums up its parts, and takes in the working buffers and the cache with the run', () => {
    const moments = loadTimeline(baseline, MODEL);
    expect(moments.map(({ phase }) => phase)).toEqual(['start', 'allocate', 'read', 'ready', 'run']);
    for (const { bytes, parts } of moments) expect(bytes).toBe(sum(parts));
    expect(phaseOf(MODEL, 'run').bytes - phaseOf(MODEL, 'ready').bytes).toBe(TAPES.workingBuffers + TAPES.kvCache);
    expect(phaseOf(MODEL, 'start')).toEqual({ names: ['host process'], bytes: baseline.processBytes });
  });

  it('without a host counts the tapes alone', () => {
    const moments = loadTimeline(undefined, { ...MODEL, threads: 2 });
    expect(moments.map(({ bytes }) => bytes)).toEqual([0, 0, 10_100_000, 10_100_000, 15_100_000]);
  });

  it('has threads that take digests only for a large image, and then not beside those of the engine', () => {
    const pooled = { ...MODEL, threads: 2, imageBytes: 64 * 2 ** 20 };
    expect(phaseOf(pooled, 'read').names).toContain('digest threads');
    expect(phaseOf(pooled, 'read').names).not.toContain('engine threads');
    expect(phaseOf(pooled, 'ready').names).toEqual(expect.arrayContaining(['engine threads', 'ended threads']));
    for (const other of [
      { ...pooled, imageBytes: 64 * 2 ** 20 - 1 },
      { ...pooled, threads: 1 },
    ]) {
      expect(phaseOf(other, 'read').names).not.toContain('digest threads');
    }
  });

  it('repacks in place, but for rows of a directory that are gathered', () => {
    const gguf = { ...MODEL, container: 'gguf', repacks: true } as const;
    expect(phaseOf(gguf, 'repack').bytes).toBe(phaseOf(gguf, 'read').bytes);
    const directory = { ...gguf, container: 'huggingface' } as const;
    expect(phaseOf(directory, 'repack').bytes - phaseOf(directory, 'read').bytes).toBe(TAPES.weights);
    const large = { ...directory, tapes: { ...TAPES, weights: 2 ** 30 } };
    expect(phaseOf(large, 'repack').bytes - phaseOf(large, 'read').bytes).toBe(16 * 2 ** 20);
  });
});
