/** The plan as text: what a report says is there, in lines of 80 columns, and what it does not say is not. */
import type { PlanReport } from '@mirust/schemas';
import { describe, expect, it } from 'vitest';
import { formatPlan } from '../src/format-plan.ts';

const REPORT: PlanReport = {
  version: 1,
  totalBytes: 6_000_000_000,
  components: [
    { name: 'weights q4_k', bytes: 3_000_000_000, kind: 'exact' },
    { name: 'weights q6_k', bytes: 1_000_000_000, kind: 'exact' },
    { name: 'kv cache keys', bytes: 1_500_000_000, kind: 'exact' },
    { name: 'tokenizer', bytes: 400_000_000, kind: 'estimated' },
    { name: 'node process', bytes: 100_000_000, kind: 'measured' },
  ],
  options: {
    ...{ context: 4096, chunk: 64, kvType: 'f16', logitsRows: 1, threads: 4 },
    ...{ sequences: 2, sharedPrefix: 0, activePositions: 4096, host: 'node' },
  },
  model: { name: 'Large 7B', architecture: 'llama', parameters: 7_000_000_000, source: 'catalogue' },
  parameters: { total: 7_000_000_000, unique: 7_000_000_000, active: 7_000_000_000 },
  weights: { bytes: 0, byDtype: {}, byLayer: [] },
  ceilings: [],
};

const FULL: PlanReport = {
  ...REPORT,
  fits: false,
  budgetBytes: 5_000_000_000,
  parameters: { total: 7_000_000_000, unique: 7_000_000_000, active: 1_000_000_000 },
  weights: { bytes: 4_000_000_000, byDtype: { q4_k: 3_000_000_000, q6_k: 1_000_000_000 }, byLayer: [] },
  kvCache: { bytes: 1_500_000_000, bytesPerToken: 183_105, activeBytes: 1_500_000_000 },
  ceilings: [{ name: 'wasm32 memory', limitBytes: 2 ** 32, bytes: 6_000_000_000, fits: false, about: 'one memory' }],
  decode: {
    bytesPerToken: 5_500_000_000,
    weightBytes: 4_000_000_000,
    cacheBytes: 1_500_000_000,
    flopsPerToken: 14_000_000_000,
    bandwidthBytesPerSecond: 55_000_000_000,
    ceilingTokensPerSecond: 10,
  },
  answers: { bestQuantization: { value: 'q3_k_m', totalBytes: 4_900_000_000, error: 0.0421 } },
  tradeoffs: {
    contexts: [512, 1024, 2048, 4096, 8192],
    kvType: 'f16',
    rows: [
      {
        quantization: 'q4_k_m',
        weightBytes: 4_000_000_000,
        bitsPerWeight: 4.84,
        cells: [1, 2, 3, 4, 5].map((step) => ({ totalBytes: step * 1_500_000_000, fits: step < 4 })),
      },
    ],
  },
  changes: [{ option: '--context', value: '2048', totalBytes: 4_900_000_000, savedBytes: 1_100_000_000, cost: 'less' }],
  notes: [`a note that is ${'very '.repeat(30)}long`, 'an escape \u001b[31m of a file'],
};

/** Titles of sections: lines that are not indented, between blank ones. */
function blocks(text: string): string[] {
  return text.split('\n\n').map((block) => block.split('\n')[0] ?? '');
}

describe('the text of a plan', () => {
  it('says everything, the verdict last, in 80 columns', () => {
    const text = formatPlan(FULL);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(blocks(text.trimEnd()).slice(2)).toEqual([
      'weights',
      'cache',
      'ceilings',
      'next token (estimates)',
      'the most that fits',
      'quantization against context',
      // More contexts than a line has room for.
      expect.stringMatching(/^ +bits +8,192$/),
      'what would make it fit',
      expect.stringMatching(/^note: a note that is very/),
      'does not fit into 4.66 GiB: 953.67 MiB too much',
    ]);
    expect(text).toContain('  --context 2048  saves 1.02 GiB, then needs 4.56 GiB\n    less\n');
    expect(text).toContain('  Active      1,000,000,000  that one token uses');
    expect(text).toMatch(/q4_k_m {2}4\.84 {2}✓ 1\.40 GiB {2}✓ 2\.79 GiB {2}✓ 4\.19 GiB {2}✗ 5\.59 GiB/);
    expect(text).toContain('an escape \\u{1b}[31m of a file');
  });

  it('sums families of more than one component, and gives each a bar', () => {
    const lines = formatPlan(REPORT).split('\n').slice(3, 10);
    expect(lines.map((line) => line.trimEnd())).toEqual([
      'component                   bytes              kind       share',
      'weights             4,000,000,000    3.73 GiB             ██████████████▋',
      '  weights q4_k      3,000,000,000    2.79 GiB  exact',
      '  weights q6_k      1,000,000,000  953.67 MiB  exact',
      'kv cache keys       1,500,000,000    1.40 GiB  exact      █████▌',
      'process and margin    500,000,000  476.84 MiB             █▉',
      '  tokenizer           400,000,000  381.47 MiB  estimated',
    ]);
  });

  it('leaves out what the report does not say', () => {
    const text = formatPlan({ ...REPORT, components: [], totalBytes: 0 });
    expect(blocks(text.trimEnd())).toEqual([
      'Large 7B, llama, 7,000,000,000 parameters, from the bundled catalogue',
      'component  bytes       kind  share',
      'weights',
    ]);
    expect(text).toMatch(/\ntotal +0 +0 B *\n/);
  });

  it('says last that it may not fit where parts are unknown', () => {
    const unknown = [{ name: 'kv cache', reason: 'the architecture is not known' }];
    const text = formatPlan({ ...REPORT, budgetBytes: 7_000_000_000, unknown });
    expect(text).toContain('  kv cache: the architecture is not known\n');
    expect(text.trimEnd().split('\n').at(-1)).toBe(
      'may not fit into 6.52 GiB: the known parts leave 953.67 MiB, 1 part unknown',
    );
  });
});
