/**
 * Small models with known weights, made from nothing: for smoke tests, and for the golden sizes of SLM1. The weights
 * are deterministic noise: such a model runs and says nothing.
 */
import type { Checkpoint, CheckpointTensor } from '@mirust/checkpoint';
import { createEncoding, rowLength } from '@mirust/core';
import { fnv1a64 } from '@mirust/integrity';
import { describeModel, type Hyperparameters, type TensorSpec } from '@mirust/model';
import { byteTokenizerModel, type TokenizerModel } from '@mirust/tokenizer';

/** One built-in fixture. */
interface Fixture {
  readonly hyperparameters: Hyperparameters;
  readonly tokenizer: () => TokenizerModel;
}

const TINY: Hyperparameters = {
  vocabSize: 260,
  hiddenSize: 8,
  layerCount: 1,
  headCount: 2,
  kvHeadCount: 2,
  headDim: 4,
  ffnSize: 16,
  maxContext: 64,
  ropeTheta: 10_000,
  rmsNormEpsilon: Math.fround(1e-5),
  tiedOutput: false,
};

const TINY_LM: Hyperparameters = {
  ...TINY,
  hiddenSize: 512,
  layerCount: 4,
  headCount: 8,
  kvHeadCount: 8,
  headDim: 64,
  ffnSize: 2048,
  maxContext: 512,
};

const FIXTURES: ReadonlyMap<string, Fixture> = new Map([
  ['tiny', { hyperparameters: TINY, tokenizer: byteTokenizerModel }],
  ['tiny-tied', { hyperparameters: { ...TINY, tiedOutput: true }, tokenizer: byteTokenizerModel }],
  ['tiny-bpe', { hyperparameters: { ...TINY, vocabSize: 262 }, tokenizer: theTokenizerModel }],
  ['tiny-lm-16m', { hyperparameters: TINY_LM, tokenizer: byteTokenizerModel }],
]);

/** Names of the built-in fixtures. */
export const FIXTURE_NAMES: readonly string[] = [...FIXTURES.keys()];

/** A fixture as a checkpoint whose rows are computed when they are read. RangeError for an unknown name. */
export function fixtureCheckpoint(name: string): Checkpoint {
  const fixture = FIXTURES.get(name);
  if (fixture === undefined) throw new RangeError(`no fixture ${name}: there are ${FIXTURE_NAMES.join(', ')}`);
  const model = describeModel('llama', fixture.hyperparameters);
  return {
    format: 'slm1',
    files: [],
    isPinned: true,
    model,
    tensors: new Map(model.contract.map((spec) => [spec.name, noiseTensor(spec)])),
    facts: { name },
    rootDigest: undefined,
    warnings: [],
    verify: async () => {},
    readTokenizer: async () => ({ model: fixture.tokenizer(), warnings: [] }),
    close: async () => {},
  };
}

/** Norms are 1; matrices are uniform in ±1/√columns, a function of the tensor's name and the element's index alone. */
function noiseTensor(spec: TensorSpec): CheckpointTensor {
  const columns = rowLength(spec.shape);
  const seed = Number(fnv1a64(spec.name) & 0xffffffffn);
  const bound = 1 / Math.sqrt(columns);
  return {
    name: spec.name,
    sourceName: spec.name,
    shape: spec.shape,
    encoding: createEncoding('f32', spec.shape),
    async readRows(firstRow, count, payload) {
      const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
      for (let i = 0; i < count * columns; i++) {
        const value = spec.role === 'norm' ? 1 : (2 * uniform(seed, firstRow * columns + i) - 1) * bound;
        view.setFloat32(i * 4, value, true);
      }
    },
  };
}

/** A number in [0, 1) from two 32-bit numbers: the finaliser of MurmurHash3 (Appleby, public domain). */
function uniform(seed: number, index: number): number {
  let h = (seed ^ Math.imul(index + 1, 0x9e3779b1)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** The byte tokenizer with two merges: t + h → 260, 260 + e → 261. */
function theTokenizerModel(): TokenizerModel {
  const base = byteTokenizerModel();
  const the = new TextEncoder().encode('ththe');
  const start = base.tokens.bytes.length;
  const bytes = new Uint8Array(start + the.length);
  bytes.set(base.tokens.bytes);
  bytes.set(the, start);
  const [t = 0, h = 0, , , e = 0] = the;
  return {
    ...base,
    kind: 'byte-pair-ids',
    tokens: { bytes, offsets: Uint32Array.of(...base.tokens.offsets, start + 2, start + 5) },
    types: Uint8Array.of(...base.types, 1, 1),
    merges: Uint32Array.of(t, h, 260, 260, e, 261),
  };
}
