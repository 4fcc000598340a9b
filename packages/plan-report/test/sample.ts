/** Reports as the planner makes them, for tests: LLaMA 7B as llama.cpp's Q4_K_M, with every field; and the least report. */
import type { PlanComponent, PlanReport } from '@mirust/schemas';

const HIDDEN = 4096;
const FFN = 11008;
const LAYERS = 32;
const VOCAB = 32_000;
const PARAMETERS = 6_738_415_616;

/** Bytes of a block of 256 values. */
const BLOCK_BYTES = { q4_k: 144, q6_k: 210, f32: 1024 } as const;
type Dtype = keyof typeof BLOCK_BYTES;

const bytesOf = (elements: number, dtype: Dtype): number => (elements / 256) * BLOCK_BYTES[dtype];

/** The layers whose values and down projections the mix stores in six bits. */
function hasMoreBits(layer: number): boolean {
  const eighth = LAYERS / 8;
  return layer < eighth || layer >= 7 * eighth || (layer - eighth) % 3 === 2;
}

/** Elements of one layer, by type. */
function layerElements(layer: number): Readonly<Record<Dtype, number>> {
  const more = HIDDEN * HIDDEN + HIDDEN * FFN;
  const four = 3 * HIDDEN * HIDDEN + 2 * HIDDEN * FFN;
  const norms = 2 * HIDDEN;
  return hasMoreBits(layer) ? { q4_k: four, q6_k: more, f32: norms } : { q4_k: four + more, q6_k: 0, f32: norms };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const DTYPES: readonly Dtype[] = ['q4_k', 'q6_k', 'f32'];
const layerTypes = Array.from({ length: LAYERS }, (_, layer) => layerElements(layer));
const outside = {
  token_embd: bytesOf(VOCAB * HIDDEN, 'q4_k'),
  output: bytesOf(VOCAB * HIDDEN, 'q6_k'),
  output_norm: 16_384,
};
const outsideType = { q4_k: outside.token_embd, q6_k: outside.output, f32: outside.output_norm };

const byDtype = Object.fromEntries(
  DTYPES.map((dtype) => [dtype, outsideType[dtype] + sum(layerTypes.map((types) => bytesOf(types[dtype], dtype)))]),
);
const byLayer = [
  ...Object.entries(outside).map(([name, bytes]) => ({ name, bytes })),
  ...layerTypes.map((types, layer) => ({
    name: `layer ${layer}`,
    bytes: sum(DTYPES.map((dtype) => bytesOf(types[dtype], dtype))),
  })),
];
const weightBytes = sum(byLayer.map(({ bytes }) => bytes));

/** Bytes of keys and values of one position. */
const KV_BYTES = { f32: 8, f16: 4, q8: 2 } as const;
const cacheBytes = (kvType: keyof typeof KV_BYTES, context: number): number => {
  return LAYERS * context * HIDDEN * KV_BYTES[kvType] + (kvType === 'q8' ? LAYERS * context * 32 * 8 : 0);
};

/** Name, offset, bytes and steps of the working buffers at a chunk of 64. */
const BUFFERS = [
  ['tokens', 0, 256, -1, 0],
  ['key', 0, 1_048_576, 3, 375],
  ['gate', 0, 2_818_048, 9, 383],
  ['mixed', 0, 1_048_576, 6, 378],
  ['logits', 0, 128_000, 388, 389],
  ['final', 128_000, 16_384, 387, 388],
  ['query', 1_048_576, 1_048_576, 3, 376],
  ['value', 2_097_152, 1_048_576, 3, 375],
  ['attention-partials', 2_097_152, 270_336, 5, 377],
  ['up', 2_818_048, 2_818_048, 9, 383],
  ['projected', 2_818_048, 1_048_576, 7, 385],
  ['selected', 3_866_624, 16_384, 386, 387],
  ['hidden', 5_636_096, 1_048_576, 0, 386],
  ['normed', 6_684_672, 1_048_576, 1, 381],
  ['angles', 7_733_248, 32_768, 0, 375],
] as const;
const SCRATCH_BYTES = 7_766_016;

/** Weights of other quantizations, and their bits. */
const QUANTIZATIONS = [
  ['f16', 13_476_839_424, 16],
  ['q8_0', 7_161_089_024, 8.5],
  ['q6_k', 5_529_194_496, 6.56],
  ['q5_k_m', 4_783_157_248, 5.68],
  ['q4_k_m', weightBytes, 4.84],
  ['q4_0', 3_825_807_360, 4.54],
] as const;
const CONTEXTS = [512, 1024, 2048, 4096];

/** How a sample differs. */
interface SampleOptions {
  readonly kvType?: keyof typeof KV_BYTES;
  readonly budgetBytes?: number;
}

/** LLaMA 7B, all fields. Fits into 8 GiB with an f16 cache; asks for changes where the budget is smaller. */
export function sampleReport({ kvType = 'f16', budgetBytes = 8 * 2 ** 30 }: SampleOptions = {}): PlanReport {
  const context = 4096;
  const exact = (name: string, bytes: number): PlanComponent => ({ name, bytes, kind: 'exact' });
  const cache = cacheBytes(kvType, context);
  const node: PlanComponent = { name: 'node process', bytes: 61_341_696, kind: 'measured' };
  const heap: PlanComponent = { name: 'tokenizer', bytes: 9_437_184, kind: 'estimated' };
  const code: PlanComponent = { name: 'wasm code', bytes: 3_145_728, kind: 'measured' };
  const weightRows = DTYPES.map((dtype) => exact(`weights ${dtype}`, byDtype[dtype] ?? 0));
  const cacheRows = [exact('kv cache keys', cache / 2), exact('kv cache values', cache / 2)];
  const rest = [
    exact('working buffers', SCRATCH_BYTES),
    exact('engine', 98_232),
    exact('engine padding', 72),
    exact('page padding', 57_344),
  ];
  const components = [...weightRows, ...cacheRows, ...rest, code, heap, node];
  const totalBytes = sum(components.map(({ bytes }) => bytes));
  const fixed = totalBytes - weightBytes - cache;
  const totalWith = (weights: number, positions: number, type = kvType): number => {
    return fixed + weights + cacheBytes(type, positions);
  };
  const fits = totalBytes <= budgetBytes;
  const moment = (phase: 'start' | 'allocate' | 'read' | 'repack' | 'ready' | 'run', parts: PlanComponent[]) => {
    return { phase, bytes: sum(parts.map(({ bytes }) => bytes)), parts };
  };
  const chunk = exact('weights in flight', 16_777_216);
  const perToken = weightBytes - outside.token_embd + cache / 2;
  const bandwidth = 51_200_000_000;
  return {
    version: 1,
    totalBytes,
    components,
    fits,
    budgetBytes,
    options: {
      context,
      chunk: 64,
      kvType,
      logitsRows: 1,
      threads: 4,
      sequences: 1,
      sharedPrefix: 0,
      activePositions: 2048,
      host: 'node',
      quantization: 'q4_k_m',
    },
    model: {
      name: 'LLaMA 7B',
      architecture: 'llama',
      parameters: PARAMETERS,
      source: 'catalogue',
      runs: true,
      weightTypes: byDtype,
    },
    parameters: { total: PARAMETERS, unique: PARAMETERS, active: PARAMETERS },
    weights: { bytes: weightBytes, byDtype, byLayer },
    kvCache: { bytes: cache, bytesPerToken: cache / context, activeBytes: cache / 2 },
    buffers: BUFFERS.map(([name, offset, bytes, firstStep, lastStep]) => ({
      name,
      bytes,
      offset,
      firstStep,
      lastStep,
    })),
    timeline: [
      moment('start', [node]),
      moment('allocate', [node, code, ...rest, ...cacheRows]),
      moment('read', [node, code, ...rest, ...cacheRows, ...weightRows, chunk]),
      moment('repack', [node, code, ...rest, ...cacheRows, ...weightRows, exact('weights repacked', 36_986_880)]),
      moment('ready', [node, code, heap, ...rest, ...cacheRows, ...weightRows]),
      moment('run', components),
    ],
    ceilings: [
      {
        name: 'wasm32 memory',
        limitBytes: 2 ** 32,
        bytes: totalBytes - node.bytes,
        fits: totalBytes - node.bytes <= 2 ** 32,
        about: 'one WebAssembly memory with 32-bit addresses: 65,536 pages',
      },
      {
        name: 'ArrayBuffer',
        limitBytes: 2 ** 32,
        bytes: byDtype.q4_k ?? 0,
        fits: true,
        about: 'the largest of Node 20; the largest piece is held against it',
      },
      {
        name: 'browser tab',
        limitBytes: 2 ** 30,
        bytes: totalBytes - node.bytes,
        fits: false,
        about: 'what tabs of current browsers surely grant; phones are the least of them',
      },
    ],
    decode: {
      bytesPerToken: perToken,
      weightBytes: perToken - cache / 2,
      cacheBytes: cache / 2,
      flopsPerToken: 13_476_839_424,
      bandwidthBytesPerSecond: bandwidth,
      ceilingTokensPerSecond: bandwidth / perToken,
    },
    answers: {
      largestContext: { value: 4096, totalBytes },
      largestSequences: { value: 2, totalBytes: totalBytes + cache },
      bestKvType: { value: 'f32', totalBytes: totalWith(weightBytes, context, 'f32') },
      smallestKvType: { value: 'q8', totalBytes: totalWith(weightBytes, context, 'q8') },
      bestQuantization: { value: 'q6_k', totalBytes: totalWith(5_529_194_496, context), error: 0.0113 },
    },
    tradeoffs: {
      contexts: CONTEXTS,
      kvType,
      rows: QUANTIZATIONS.map(([quantization, bytes, bitsPerWeight]) => ({
        quantization,
        weightBytes: bytes,
        bitsPerWeight,
        cells: CONTEXTS.map((positions) => {
          const total = totalWith(bytes, positions);
          return { totalBytes: total, fits: total <= budgetBytes };
        }),
      })),
    },
    ...(fits
      ? {}
      : {
          changes: [
            {
              option: '--kv',
              value: 'q8',
              totalBytes: totalWith(weightBytes, context, 'q8'),
              savedBytes: cache - cacheBytes('q8', context),
              cost: 'keys and values are rounded to 8 bits',
            },
            {
              option: '--context',
              value: '2048',
              totalBytes: totalWith(weightBytes, 2048),
              savedBytes: cache / 2,
              cost: 'half of the conversation is forgotten',
            },
          ],
        }),
    notes: ['the tensors are those of llama.cpp’s Q4_K_M', 'the page cache of the system is not included'],
  };
}

/** A report with the required fields alone. */
export function leastReport(): PlanReport {
  return {
    version: 1,
    totalBytes: 0,
    components: [],
    options: {
      ...{ context: 1, chunk: 1, kvType: 'f32', logitsRows: 1, threads: 1 },
      ...{ sequences: 1, sharedPrefix: 0, activePositions: 1, host: 'none' },
    },
    model: { architecture: 'llama', parameters: 0, source: 'weights' },
    parameters: { total: 0, unique: 0, active: 0 },
    weights: { bytes: 0, byDtype: {}, byLayer: [] },
    ceilings: [],
  };
}

/** A report small enough for a golden file. */
export function smallReport(): PlanReport {
  return {
    ...leastReport(),
    totalBytes: 3072,
    components: [
      { name: 'weights f32', bytes: 2048, kind: 'exact' },
      { name: 'tokenizer', bytes: 1024, kind: 'estimated' },
    ],
    fits: true,
    budgetBytes: 4096,
    answers: { largestContext: { value: 2, totalBytes: 4000 } },
    tradeoffs: {
      contexts: [1, 4],
      kvType: 'f32',
      rows: [
        {
          quantization: 'f32',
          weightBytes: 2048,
          bitsPerWeight: 32,
          cells: [
            { totalBytes: 3072, fits: true },
            { totalBytes: 5000, fits: false },
          ],
        },
      ],
    },
    notes: ['a note with <b>, a | and a `tick`'],
  };
}
