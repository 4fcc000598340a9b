/** The words that all forms share. */
import { describe, expect, it } from 'vitest';
import { groupByFamily, planVerdict, tradeoffsView, verdictLine } from '../src/index.ts';
import { formatBandwidth, formatDecimal, formatFlops, formatShare, plural } from '../src/words/numbers.ts';
import { leastReport, sampleReport } from './sample.ts';

describe('a verdict', () => {
  const plan = { ...leastReport(), totalBytes: 1024 };
  const unknown = [{ name: 'kv cache', reason: 'not known' }];

  it.each([
    [plan, 'none', 'needs 1.00 KiB: no budget was given'],
    [{ ...plan, unknown }, 'none', 'needs at least 1.00 KiB: 1 part unknown'],
    [{ ...plan, budgetBytes: 1024, fits: true }, 'fits', 'fits into 1.00 KiB: 0 B to spare'],
    [{ ...plan, budgetBytes: 1023, fits: false }, 'too-large', 'does not fit into 1,023 B: 1 B too much'],
    [{ ...plan, budgetBytes: 1023, fits: false, unknown }, 'too-large', 'does not fit into 1,023 B: 1 B too much'],
    [
      { ...plan, budgetBytes: 1100, unknown },
      'unknown',
      'may not fit into 1.07 KiB: the known parts leave 76 B, 1 part unknown',
    ],
  ])('%#', (report, state, line) => {
    expect(planVerdict(report).state).toBe(state);
    expect(verdictLine(report)).toBe(line);
  });
});

describe('families', () => {
  it('take every component once, and what has no family of its own is of the engine', () => {
    const { components, totalBytes } = sampleReport();
    const families = groupByFamily([...components, { name: 'something new', bytes: 5, kind: 'estimated' }]);
    expect(families.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(totalBytes + 5);
    expect(families.map(({ key, components: members }) => [key, members.map(({ name }) => name)])).toEqual([
      ['weights', ['weights q4_k', 'weights q6_k', 'weights f32']],
      ['cache', ['kv cache keys', 'kv cache values']],
      ['working', ['working buffers']],
      ['engine', ['engine', 'something new']],
      ['host', ['wasm code', 'tokenizer', 'node process']],
      ['padding', ['engine padding', 'page padding']],
    ]);
  });
});

describe('trade-offs', () => {
  it('have a cell for each context, and mark what was asked for', () => {
    const report = sampleReport();
    const { tradeoffs } = report;
    if (tradeoffs === undefined) throw new Error('the sample has trade-offs');
    const [first, ...rest] = tradeoffs.rows;
    if (first === undefined) throw new Error('the sample has rows');
    const view = tradeoffsView({ ...tradeoffs, rows: [{ ...first, cells: [] }, ...rest] }, report);
    expect(view.rows[0]?.cells.map(({ text }) => text)).toEqual(['–', '–', '–', '–']);
    const asked = view.rows.flatMap(({ quantization, cells }) =>
      cells.map((cell) => [quantization, cell.isAsked] as const),
    );
    expect(asked.filter(([, isAsked]) => isAsked)).toEqual([['q4_k_m', true]]);
    expect(view.contexts.at(-1)).toEqual({ text: '4,096', isAsked: true });
  });
});

describe('numbers', () => {
  it.each([
    [formatShare(0, 0), '0.0 %'],
    [formatShare(1, 10_000), '< 0.1 %'],
    [formatShare(1, 3), '33.3 %'],
    [formatShare(3, 2), '150.0 %'],
    [formatDecimal(4.8441, 2), '4.84'],
    [formatDecimal(1e300, 2), '1.00e+300'],
    [formatFlops(13_476_839_424), '13.5 GFLOP'],
    [formatFlops(0), '0 FLOP'],
    [formatBandwidth(51_200_000_000), '51.2 GB/s'],
    [formatFlops(Number.MAX_SAFE_INTEGER), '9.01 PFLOP'],
    [plural(1, 'part'), '1 part'],
    [plural(4096, 'position'), '4,096 positions'],
  ])('%s', (shown, expected) => {
    expect(shown).toBe(expected);
  });
});
