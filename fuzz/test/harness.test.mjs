/** The fuzzer itself: it finds mistakes of every kind that it promises to find, and says with which input. */
import { describe, expect, it } from 'vitest';
import { minimise } from '../src/run/corpus.mjs';
import { shrink } from '../src/run/shrink.mjs';
import { runWatched } from '../src/run/watch.mjs';

const targets = new URL('./_targets.mjs', import.meta.url).href;

/** Runs a target of `_targets.mjs`; gives its findings. */
async function findings(format, options = {}) {
  const found = [];
  await runWatched({
    job: 'fuzz',
    format,
    targets,
    scope: /_targets/,
    guided: false,
    seed: 1,
    from: 0,
    to: 20_000,
    deadlineMs: Number.POSITIVE_INFINITY,
    entries: [Uint8Array.of(1, 0, 0, 0, 0, 0)],
    hangMs: 1000,
    onFinding: (finding) => found.push(finding),
    ...options,
  });
  return found;
}

describe('a run', () => {
  it('finds an error of another kind', async () => {
    const [first, ...others] = await findings('throws');
    expect(first).toMatchObject({ message: expect.stringContaining('TypeError: a mistake') });
    expect(first.bytes[0]).toBeGreaterThanOrEqual(128);
    // The same mistake is reported once.
    expect(others).toEqual([]);
  });

  it('finds what does not come back, and goes on behind it', async () => {
    const found = await findings('hangs', { to: 55, hangMs: 400 });
    expect(found.length).toBeGreaterThan(0);
    for (const { bytes, message } of found) {
      expect(bytes[0]).toBeGreaterThanOrEqual(128);
      expect(message).toMatch(/^hang in execution [0-9]+$/);
    }
  });

  it('finds what takes all memory', async () => {
    const [first] = await findings('dies', { to: 8, hangMs: 30_000, heapMb: 64 });
    expect(first.bytes[0]).toBeGreaterThanOrEqual(128);
    expect(first.message).toMatch(/the thread died: .*memory/);
  });

  it('finds a message that acts on a terminal', async () => {
    const [first] = await findings('active');
    expect(first.message).toMatch(/a message with active characters/);
  });

  it('comes through decisions one by one where it sees them, and not where it does not', async () => {
    const search = { entries: [new Uint8Array(5)], to: 12_000 };
    expect(await findings('deep', { ...search, guided: true })).toMatchObject([
      { message: expect.stringContaining('the bottom') },
    ]);
    expect(await findings('deep', search)).toEqual([]);
  });
});

it('shrinks an input to what matters', async () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i % 251);
  const small = await shrink(bytes, async (one) => one.includes(77) && one.includes(99));
  expect([...small]).toEqual([77, 99]);
});

it('keeps the entries that reach most for their length', () => {
  const entries = [3, 2, 5, 900].map((length) => new Uint8Array(length));
  const reach = [['a'], ['a', 'b'], ['c'], ['a', 'b', 'c']].map((blocks) => new Set(blocks));
  expect(minimise(entries, reach, 1000).map(({ length }) => length)).toEqual([2, 5]);
  expect(minimise(entries, reach, 4).map(({ length }) => length)).toEqual([2]);
});
