/** The kernel that interleaves blocks, against its definition in the quant package. */
import { createEncoding, encodedSize, interleavedEncoding } from '@mirust/core';
import { interleaveRows } from '@mirust/quant';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockKind, compileInterleaveKernel } from '../src/index.ts';

const ROOM = 1024;
/** In front of what the kernel may write, and behind it. */
const GUARD = 64;

const cases = fc.record({
  dtype: fc.constantFrom('Q8_0' as const, 'Q4_0' as const),
  panels: fc.integer({ min: 1, max: 4 }),
  groups: fc.integer({ min: 1, max: 9 }),
  /** How far the rows lie behind their panels; where they begin need not be aligned. */
  gap: fc.constantFrom(0, 1, 18, 64, 5000),
  seed: fc.nat(),
});

describe.each([false, true])('interleaving blocks in memory, shared: %s', (shared) => {
  it('is what the definition does, in place or from further behind', async () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared });
    const kernel = (await compileInterleaveKernel(memory)) ?? expect.fail('no SIMD');
    const bytes = new Uint8Array(memory.buffer);
    fc.assert(
      fc.property(cases, ({ dtype, panels, groups, gap, seed }) => {
        const shape = [8 * panels, 32 * groups] as const;
        const encoding = createEncoding(dtype, shape);
        const { payloadBytes } = encodedSize(encoding, shape);
        const rows = Uint8Array.from({ length: payloadBytes }, (_, index) => (index * 167 + seed) >> (index & 3));
        const expected = new Uint8Array(encodedSize(interleavedEncoding(encoding, shape), shape).payloadBytes);
        interleaveRows(encoding, shape, { payload: rows, scales: new Uint8Array(0) }, expected);

        bytes.fill(0xa5);
        const target = ROOM + payloadBytes / panels + GUARD;
        bytes.set(rows, target + gap);
        kernel.interleaveBlocks(blockKind(dtype) ?? -1, target + gap, target, panels, groups, ROOM);
        expect(Buffer.compare(bytes.subarray(target, target + payloadBytes), expected)).toBe(0);
        const around = [bytes.subarray(target - GUARD, target), bytes.subarray(target + payloadBytes + gap)];
        expect(around.every((part) => part.every((byte) => byte === 0xa5))).toBe(true);
      }),
    );
  });
});

it('knows the types that have such a kernel', () => {
  expect(blockKind('Q8_0')).not.toBe(blockKind('Q4_0'));
  for (const dtype of ['q8', 'q4', 'f32', 'Q4_1'] as const) expect(blockKind(dtype)).toBeUndefined();
});
