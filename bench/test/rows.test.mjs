import { expect, test } from 'vitest';
import { commandRows } from '../src/commands.mjs';
import { cellsOf } from '../src/members.mjs';
import { notesOf } from '../src/notes.mjs';
import { rowsOf } from '../src/rows.mjs';
import { formatTable, reaches } from '../src/table.mjs';

const NODES = ['20.20.2', '24.21.0'];
const SHAPES = ['1.1B', '135M'];

/** A sample of a process that decodes and prefills at these rates. */
function sample({ engine = 'mirust', node, shape = '135M', encoding = 'q8', threads = 2, decode, prefill, ...answer }) {
  const member = { engine, ...(node === undefined ? {} : { node }), shape, encoding, threads };
  const seconds = { 16: Array(5).fill(1 / decode), ...(answer.far === undefined ? {} : { 2048: [1 / answer.far] }) };
  const measured = {
    decode: engine.startsWith('wllama') ? [decode] : seconds,
    prefill: prefill === undefined ? [] : [prefill],
  };
  const work = engine === 'mirust' ? { bytesPerToken: 1e8, macsPerToken: 1e8, peakBytes: 3e8, planBytes: 2e8 } : {};
  return { cell: 'cell', round: 0, member, readGigabytes: 54, answer: { ...measured, ...work, ...answer } };
}

const raw = (samples, commands = []) => ({ nodes: NODES, shapes: SHAPES, samples, commands });
const named = (rows, name) => rows.find((row) => row.name === name);

test('a row counts against the best of the peer with up to as many threads, and shows its bound', () => {
  const rows = rowsOf(
    raw([
      sample({ node: '24.21.0', decode: 400, prefill: 1300 }),
      sample({ node: '24.21.0', threads: 1, decode: 280 }),
      sample({ engine: 'llama.cpp', encoding: 'Q8_0', decode: 84, prefill: 1000 }),
      sample({ engine: 'llama.cpp', encoding: 'Q8_0', threads: 1, decode: 200 }),
    ]),
  );
  const decode = rows.filter(({ name }) => name === 'decode 135M q8 / llama.cpp Q8_0');
  expect(decode).toMatchObject([
    { node: '24.21.0', threads: 2, peer: 200, target: 1.4 },
    { node: '24.21.0', threads: 1, peer: 200, target: 1.4 },
  ]);
  expect(decode[0].ratio).toBeCloseTo(2);
  expect(decode[0].readShare).toBeCloseTo((400 * 1e8) / 54e9);
  const prefill = named(rows, 'prefill 512 135M q8 / llama.cpp Q8_0');
  expect(prefill).toMatchObject({ ours: 1300, peer: 1000, ratio: 1.3, target: 1.3, gops: 260 });
  // The memory reads as fast as where llama-bench ran: its figure as it is.
  expect(named(rows, 'decode 135M q8 / llama-bench Q8_0, scaled by memory')).toMatchObject({ peer: 204, target: 1.4 });
});

test('medians are over rounds, and what failed does not count', () => {
  const broken = { ...sample({ node: '24.21.0', decode: 1 }), answer: { error: 'no time was left\nat …' } };
  const results = raw([
    ...[300, 100, 200].map((decode) => sample({ node: '24.21.0', decode })),
    broken,
    sample({ engine: 'llama.cpp', encoding: 'Q8_0', decode: 100 }),
  ]);
  expect(named(rowsOf(results), 'decode 135M q8 / llama.cpp Q8_0').ours).toBeCloseTo(200);
  expect(notesOf(results, ['Chromium'])).toContain('left out: mirust 135M q8 2 threads: no time was left');
  expect(notesOf(results, ['Chromium'])).toContain('left out: Chromium');
});

test('what was not measured has no row', () => {
  expect(rowsOf(raw([]))).toEqual([]);
  expect(commandRows(raw([]))).toEqual([]);
  const alone = rowsOf(raw([sample({ node: '24.21.0', shape: 'other', decode: 10 })]));
  expect(alone).toEqual([]);
});

test('an older Node is held against our own newest, a far position against what the peer keeps', () => {
  const rows = rowsOf(
    raw([
      sample({ node: '24.21.0', decode: 400, far: 200 }),
      sample({ node: '20.20.2', decode: 320 }),
      sample({ engine: 'llama.cpp', encoding: 'Q8_0', decode: 200, far: 50 }),
    ]),
  );
  const older = named(rows, 'decode 135M q8 / our own on Node 24.21.0');
  expect(older).toMatchObject({ node: '20.20.2', target: 0.75 });
  expect(older.ratio).toBeCloseTo(0.8);
  const far = named(rows, 'decode at 2,048 of decode at 16, 135M q8 / llama.cpp Q8_0');
  expect(far.ratio).toBeCloseTo(2);
});

test('the release of wllama that counts has a target, the other one is shown', () => {
  const rows = rowsOf(
    raw([
      sample({ node: '24.21.0', encoding: 'q4', threads: 1, decode: 300 }),
      sample({ node: '24.21.0', encoding: 'q4', decode: 400 }),
      sample({ engine: 'wllama-2', encoding: 'Q4_0', threads: 1, decode: 40 }),
      sample({ engine: 'wllama-3', encoding: 'Q4_0', threads: 1, decode: 20 }),
    ]),
  );
  // Not the row with two threads: the peer has not shown what it does with two.
  expect(rows.filter(({ name }) => name === 'decode 135M q4 / wllama 2.2.1 Q4_0')).toMatchObject([
    { threads: 1, peer: 40, target: 4 },
  ]);
  expect(named(rows, 'decode 135M q4 / wllama 3.8.1 Q4_0')).toMatchObject({ peer: 20, target: null });
});

test('commands: loading, memory, heap and packing', () => {
  const command = (kind, answer, rest = {}) => ({ kind, node: '24.21.0', threads: 2, answer, ...rest });
  const rows = commandRows(
    raw(
      [sample({ node: '24.21.0', decode: 400 })],
      [
        command('load', { seconds: 0.6 }),
        command('sha256', { seconds: 0.5 }),
        command('heap', { growthBytes: [90, 100, 110], tokens: 1000 }),
        command('pack', { seconds: 0.25, bytes: 1e9 }, { encoding: 'q8', readGigabytes: 27 }),
        command('pack', { error: 'mirust-pack has no --threads' }, { encoding: 'q4' }),
      ],
    ),
  );
  expect(named(rows, 'load 1.1B q8, verified / SHA-256 alone').ratio).toBeCloseTo(1.2);
  expect(named(rows, 'peak memory 135M q8 / plan + 120 MB')).toMatchObject({ ours: 3e8, peer: 3.2e8, better: 'lower' });
  expect(rows.filter(({ name }) => name.startsWith('heap'))).toMatchObject([
    { ours: 100, ratio: null, target: 0, noise: 10 },
  ]);
  expect(named(rows, 'pack 135M f32 to q8 / llama-quantize Q8_0, Zen 5')).toMatchObject({ ours: 4, peer: 1.8 });
  expect(named(rows, 'pack 135M f32 to q8 / llama-quantize Q8_0, scaled by memory').peer).toBeCloseTo(0.9);
  expect(rows.map(reaches)).toEqual([true, true, false, true, true]);
  expect(formatTable(rows).split('\n')).toHaveLength(rows.length + 1);
});

test('cells: the quick ones are among the full ones, and no peer is asked for that is not there', () => {
  const nodes = NODES.map((version) => ({ version, path: '' }));
  const cells = (options) => {
    const groups = cellsOf({ nodes, native: true, browser: true, large: '1.1B', small: '135M', ...options });
    return [...groups.first, ...groups.browser, ...groups.last];
  };
  const names = (list) => list.map(({ name }) => name);
  expect(names(cells({ quick: false }))).toEqual(expect.arrayContaining(names(cells({ quick: true }))));
  const engines = new Set(
    cells({ quick: false, native: false, browser: false }).flatMap(({ members }) =>
      members.map(({ engine }) => engine),
    ),
  );
  expect([...engines]).toEqual(['mirust']);
});
