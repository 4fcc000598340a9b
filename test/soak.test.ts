/**
 * Loading, generating and freeing over and over leaves nothing on the ledger, and memory where it was. A process of its own,
 * so that nothing else is measured; `bench/src/soak.mjs` does a thousand rounds.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPath, ROOT } from './support.ts';

const run = promisify(execFile);

/**
 * Most that resident memory and heap may grow by in a round. A round takes 2.3 MB in 59 things. While an engine warms up,
 * readings wander by a few MiB, over 20 rounds by 0.1 MiB a round: the bound is five times that, and a fifth of a model.
 */
const MAX_RESIDENT_BYTES = 512 * 1024;
const MAX_HEAP_BYTES = 32 * 1024;

interface Readings {
  readonly rss: readonly number[];
  readonly heap: readonly number[];
  readonly open: readonly { readonly kind: string; readonly name: string }[];
  readonly taken: { readonly count: number; readonly bytes: number };
}

let directory = '';
let model = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mirust-soak-'));
  model = join(directory, 'story.slm');
  await writeFile(model, await packPath(join(ROOT, 'fixtures', 'story', 'hf'), { quant: 'q8' }));
});
afterAll(() => rm(directory, { recursive: true }));

async function soak(options: {
  readonly threads: number;
  readonly rounds: number;
  readonly keep?: boolean;
}): Promise<Readings> {
  const script = join(ROOT, 'bench', 'src', 'probes', 'soak.mjs');
  const { stdout } = await run(process.execPath, ['--expose-gc', script, JSON.stringify({ model, ...options })]);
  return JSON.parse(stdout) as Readings;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** The median of the last third against that of the second: the first third is warm-up, and one late collection no growth. */
function growthPerRound(readings: readonly number[]): number {
  const third = Math.floor(readings.length / 3);
  return (median(readings.slice(2 * third)) - median(readings.slice(third, 2 * third))) / third;
}

describe('60 rounds of loading, generating and freeing', () => {
  it.each([1, 2])('keep memory flat, with %i threads', { timeout: 300_000 }, async (threads) => {
    const { rss, heap, open, taken } = await soak({ threads, rounds: 60 });
    expect(open).toEqual([]);
    expect(rss).toHaveLength(60);
    expect(taken.bytes).toBeGreaterThan(2_000_000);
    expect(growthPerRound(rss)).toBeLessThan(MAX_RESIDENT_BYTES);
    expect(growthPerRound(heap)).toBeLessThan(MAX_HEAP_BYTES);
  });

  it('would show models that are not freed', { timeout: 300_000 }, async () => {
    const { rss } = await soak({ threads: 1, rounds: 30, keep: true });
    expect(growthPerRound(rss)).toBeGreaterThan(2 * MAX_RESIDENT_BYTES);
  });
});
