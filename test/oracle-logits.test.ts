/**
 * Our logits against Hugging Face transformers' on tiny random checkpoints that it saved itself
 * (`fixtures/oracles/tiny_llama.py`): grouped-query attention, tied and untied heads, rope scaling, sliding window,
 * shards, an explicit head size.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { loadModel } from '@mirust/runtime';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support.ts';

const FOLDER = join(ROOT, 'fixtures', 'oracles', 'tiny-llama');
const CASES = readdirSync(FOLDER);

/** Largest difference between our logits and the oracle's over all positions. */
async function largestDifference(name: string, chunk: number): Promise<number> {
  const folder = join(FOLDER, name);
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
    inputIds: number[];
    logits: number[][];
  };
  const checkpoint = await openCheckpoint(await openPath(folder));
  const model = await loadModel(checkpoint, { chunk, logitsRows: chunk });
  await checkpoint.close();
  let largest = 0;
  const { inputIds, logits } = expected;
  for (let at = 0; at < inputIds.length; at += chunk) {
    const part = inputIds.slice(at, at + chunk);
    const actual = await model.feed(part, { logitsRows: part.length });
    const rows = logits.slice(at, at + part.length).flat();
    expect(actual).toHaveLength(rows.length);
    rows.forEach((value, index) => {
      largest = Math.max(largest, Math.abs(value - (actual[index] ?? Number.NaN)));
    });
  }
  model.free();
  return largest;
}

describe('logits of Hugging Face transformers', () => {
  it('has the cases that matter', () => {
    expect(CASES).toEqual(expect.arrayContaining(['gqa-tied', 'gqa-untied', 'llama3-rope-scaling', 'bf16-sharded']));
  });

  it.each(CASES)('%s: within 1e-3 in one chunk, token by token and in odd chunks', async (name) => {
    for (const chunk of [64, 1, 7]) expect(await largestDifference(name, chunk)).toBeLessThan(1e-3);
  });
});
