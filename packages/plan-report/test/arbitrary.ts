/** Any valid report, with texts that would like to be markup. */
import type { PlanReport } from '@mirust/schemas';
import fc from 'fast-check';

/** Texts that have broken pages, tables and terminals elsewhere. */
export const HOSTILE_TEXTS = [
  '</script><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  '</style><style>*{display:none}</style>',
  '</title></svg><svg onload=alert(1)>',
  ']]><!-- -->',
  '&lt;b&gt; &amp; &#60;i&#62;',
  '\u202egnp.exe\u2066\u200b',
  '\u001b[31mred\u001b[0m\r\nsecond line',
  '| a | b |\n|---|---|',
  '`code` **bold** ~~gone~~ @everyone #1 https://example.com www.example.com a@b.example',
  '[link](javascript:alert(1)) ![image](https://example.com/x.png)',
  '__proto__',
  'toString',
  'constructor',
  '{b}{c} $& $1',
  'zr0-cls-0 ecmeta_x="1" class="y"',
  'x'.repeat(10_000),
  '\ud800',
  '',
] as const;

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('weights q8', 'kv cache keys', 'page padding', 'layer 3', 'layer 4', 'node process'),
);
const bytes = fc.oneof(fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER), fc.maxSafeNat(), fc.nat());
const positive = bytes.map((value) => Math.max(1, value));
const step = fc.oneof(fc.constant(-1), fc.nat(1000), fc.constant(Number.MAX_SAFE_INTEGER));
const decimal = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const sizes = fc.dictionary(text, bytes, { maxKeys: 4 });
const few = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { maxLength: 4 });

const component = fc.record({ name: text, bytes, kind: fc.constantFrom('exact', 'measured', 'estimated') });
const choice = fc.record({ value: text, totalBytes: bytes, error: decimal }, { requiredKeys: ['value', 'totalBytes'] });
const count = fc.record({ value: positive, totalBytes: bytes });
const cell = fc.record({ totalBytes: bytes, fits: fc.boolean() }, { requiredKeys: ['totalBytes'] });

/** See the module comment. Its numbers need not agree with each other. */
export const anyReport: fc.Arbitrary<PlanReport> = fc.record(
  {
    version: fc.constant(1 as const),
    totalBytes: bytes,
    components: few(component),
    unknown: few(fc.record({ name: text, reason: text })),
    fits: fc.boolean(),
    budgetBytes: bytes,
    options: fc.record({
      context: positive,
      chunk: positive,
      kvType: fc.constantFrom('f32', 'f16', 'q8', 'q8_0', 'q4_0'),
      logitsRows: positive,
      threads: positive,
      sequences: positive,
      sharedPrefix: bytes,
      activePositions: bytes,
      host: fc.constantFrom('none', 'node', 'chromium'),
      quantization: text,
    }),
    model: fc.record(
      {
        name: text,
        architecture: text,
        parameters: bytes,
        source: fc.constantFrom('weights', 'configuration', 'catalogue'),
        runs: fc.boolean(),
        weightTypes: sizes,
      },
      { requiredKeys: ['architecture', 'parameters', 'source'] },
    ),
    parameters: fc.record({ total: bytes, unique: bytes, active: bytes }),
    weights: fc.record({ bytes, byDtype: sizes, byLayer: few(fc.record({ name: text, bytes })) }),
    kvCache: fc.record({ bytes, bytesPerToken: bytes, activeBytes: bytes }),
    buffers: few(fc.record({ name: text, bytes, offset: bytes, firstStep: step, lastStep: step })),
    timeline: few(
      fc.record({
        phase: fc.constantFrom('start', 'allocate', 'read', 'repack', 'ready', 'run'),
        bytes,
        parts: few(component),
      }),
    ),
    ceilings: few(fc.record({ name: text, limitBytes: bytes, bytes, fits: fc.boolean(), about: text })),
    decode: fc.record(
      {
        bytesPerToken: bytes,
        weightBytes: bytes,
        cacheBytes: bytes,
        flopsPerToken: bytes,
        bandwidthBytesPerSecond: positive,
        ceilingTokensPerSecond: decimal,
      },
      { requiredKeys: ['bytesPerToken', 'weightBytes', 'cacheBytes', 'flopsPerToken'] },
    ),
    answers: fc.record(
      {
        largestContext: count,
        largestSequences: count,
        bestKvType: choice,
        smallestKvType: choice,
        bestQuantization: choice,
      },
      { requiredKeys: [] },
    ),
    tradeoffs: fc.record({
      contexts: few(positive),
      kvType: text,
      rows: few(fc.record({ quantization: text, weightBytes: bytes, bitsPerWeight: decimal, cells: few(cell) })),
    }),
    changes: few(fc.record({ option: text, value: text, totalBytes: bytes, savedBytes: bytes, cost: text })),
    notes: few(text),
  },
  {
    requiredKeys: [
      ...(['version', 'totalBytes', 'components', 'options', 'model'] as const),
      ...(['parameters', 'weights', 'ceilings'] as const),
    ],
  },
) as fc.Arbitrary<PlanReport>;
