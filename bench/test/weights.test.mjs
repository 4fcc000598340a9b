import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { argmax, loadModel } from '@mirust/runtime';
import { afterAll, expect, test } from 'vitest';
import { ensureArtifact } from '../src/models/artifacts.mjs';
import { createMatrix } from '../src/models/weights.mjs';
import { tokensFor } from '../src/probes/_tokens.mjs';

const folder = mkdtempSync(join(tmpdir(), 'mirust-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Values of the first blocks of a matrix, by type, decoded by the definition of the type. */
const DECODERS = {
  f32: { bytes: 128, decode: (view, at) => Array.from({ length: 32 }, (_, i) => view.getFloat32(at + 4 * i, true)) },
  Q8_0: {
    bytes: 34,
    decode: (view, at) =>
      Array.from({ length: 32 }, (_, i) => half(view.getUint16(at, true)) * view.getInt8(at + 2 + i)),
  },
  Q4_0: {
    bytes: 18,
    decode: (view, at) =>
      Array.from({ length: 32 }, (_, i) => {
        const byte = view.getUint8(at + 2 + (i % 16));
        return half(view.getUint16(at, true)) * ((i < 16 ? byte & 15 : byte >> 4) - 8);
      }),
  },
};

/** A normal f16, which the scales are. */
function half(bits) {
  return (1 + (bits & 1023) / 1024) * 2 ** ((bits >> 10) - 15);
}

function values(dtype, blocks) {
  const { bytes, decode } = DECODERS[dtype];
  const target = new Uint8Array(bytes * blocks);
  createMatrix({ name: 'matrix', dtype, rowLength: 2048, seed: 1 }).fill(target);
  const view = new DataView(target.buffer);
  return Array.from({ length: blocks }, (_, block) => decode(view, block * bytes)).flat();
}

test('the three types hold the same weights, as well as each can', () => {
  const exact = values('f32', 1000);
  expect(values('Q8_0', 1000).map(Math.fround)).toEqual(exact);
  const deviation = Math.sqrt(exact.reduce((sum, value) => sum + value * value, 0) / exact.length);
  expect(deviation * Math.sqrt(2048)).toBeGreaterThan(0.97);
  expect(deviation * Math.sqrt(2048)).toBeLessThan(1.03);
  const errors = values('Q4_0', 1000).map((value, index) => value - exact[index]);
  const error = Math.sqrt(errors.reduce((sum, value) => sum + value * value, 0) / errors.length) / deviation;
  // 16 steps over the range of an even spread: a step is 16 / 73.3 of the deviation, its error the square root of 1/12.
  expect(error).toBeGreaterThan(0.055);
  expect(error).toBeLessThan(0.075);
});

test('a model is the same file every time, and no page of it is zero', async () => {
  const [first, second] = await Promise.all(
    ['first', 'second'].map(async (name) => readFileSync(await ensureArtifact(join(folder, name), '1M', 'Q4_0'))),
  );
  expect(first.equals(second)).toBe(true);
  const zeros = Buffer.alloc(4096);
  for (let at = 0; at + 4096 <= first.length; at += 4096)
    expect(first.subarray(at, at + 4096).equals(zeros)).toBe(false);
});

test('every type runs, finite, and the nearer types agree on the likeliest token', async () => {
  const tops = new Map();
  for (const encoding of ['f32', 'Q8_0', 'q8', 'Q4_0', 'q4']) {
    const checkpoint = await openCheckpoint(await openPath(await ensureArtifact(folder, '1M', encoding)));
    const model = await loadModel(checkpoint, { context: 64, backend: 'reference' });
    await checkpoint.close();
    const logits = await model.feed(tokensFor(12, 1024));
    expect(logits.every(Number.isFinite)).toBe(true);
    expect(model.tokenizer?.decode([300, 301])).not.toBe('');
    tops.set(encoding, argmax(logits));
    model.free();
  }
  expect(tops.get('Q8_0')).toBe(tops.get('f32'));
  expect(tops.get('q8')).toBe(tops.get('f32'));
});
