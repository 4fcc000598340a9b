/** What the tests over whole models share: where data lies, loading, packing into memory. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Checkpoint, type CheckpointTensor, fileSetOf, openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import {
  createEncoding,
  elementCount,
  encodedSize,
  memorySink,
  memorySource,
  rowLength,
  rowOffsets,
} from '@mirust/core';
import { describeModel, type Hyperparameters } from '@mirust/model';
import {
  type ArtifactFormat,
  type ConvertOptions,
  convert,
  pendingSources,
  planConversion,
  type RowLayout,
} from '@mirust/pipeline';
import { createRecipe, parseRule } from '@mirust/quant';
import { createRandom, type LoadOptions, loadModel, type Model } from '@mirust/runtime';
import { byteTokenizerModel } from '@mirust/tokenizer';

/** The repository's root. */
export const ROOT: string = dirname(dirname(fileURLToPath(import.meta.url)));

const ASSETS = process.env.MIRUST_ASSETS ?? join(ROOT, '..', 'shared', 'assets');

/** A file of the third-party conformance data, or undefined where it is absent. */
export function assetPath(...parts: readonly string[]): string | undefined {
  const path = join(ASSETS, ...parts);
  return existsSync(path) ? path : undefined;
}

/** Opens a checkpoint by path; every test closes what it opens through `closing`. */
export async function openModelFile(path: string): Promise<Checkpoint> {
  return openCheckpoint(await openPath(path));
}

/** Loads a model by path. */
export async function loadPath(path: string, options: LoadOptions = {}): Promise<Model> {
  const checkpoint = await openModelFile(path);
  try {
    return await loadModel(checkpoint, options);
  } finally {
    await checkpoint.close();
  }
}

/** How to pack into memory. */
export interface PackOptions extends ConvertOptions {
  readonly format?: ArtifactFormat;
  readonly quant?: string;
  readonly layout?: RowLayout;
  readonly rules?: readonly string[];
}

/** Packs a checkpoint into memory and gives the artifact's bytes. */
export async function packCheckpoint(checkpoint: Checkpoint, options: PackOptions = {}): Promise<Uint8Array> {
  const { format = 'slm2', quant = 'keep', rules = [], layout, ...convertOptions } = options;
  const plan = await planConversion({
    checkpoint,
    recipe: createRecipe({ default: quant, rules: rules.map(parseRule) }),
    format,
    ...(layout === undefined ? {} : { layout }),
    tool: { name: 'test', version: '0' },
    sources: pendingSources(checkpoint).map((file) => ({ ...file, sha256: '1'.repeat(64) })),
  });
  const sink = memorySink(plan.byteLength);
  await convert(plan, sink, convertOptions);
  return sink.bytes();
}

/** Packs a file into memory. */
export async function packPath(path: string, options: PackOptions = {}): Promise<Uint8Array> {
  const checkpoint = await openModelFile(path);
  try {
    return await packCheckpoint(checkpoint, options);
  } finally {
    await checkpoint.close();
  }
}

/** Opens an artifact in memory. */
export function openBytes(bytes: Uint8Array, name = 'model.slm'): Promise<Checkpoint> {
  return openCheckpoint(fileSetOf(new Map([[name, memorySource(bytes, name)]]), name));
}

/** Loads an artifact in memory. */
export async function loadBytes(bytes: Uint8Array, options: LoadOptions = {}): Promise<Model> {
  return loadModel(await openBytes(bytes), options);
}

/** A checkpoint of seeded noise with given hyperparameters, f32, without a tokenizer: any shape that the contract allows. */
export function noiseCheckpoint(hyperparameters: Hyperparameters, seed = 1): Checkpoint {
  const model = describeModel('llama', hyperparameters);
  const random = createRandom(seed);
  const tensors = model.contract.map(({ name, shape, role }): [string, CheckpointTensor] => {
    const values = new Float32Array(elementCount(shape));
    const bound = role === 'norm' || role === 'rope-factors' ? 0.2 : 2 / Math.sqrt(rowLength(shape));
    const centre = role === 'norm' || role === 'rope-factors' ? 1 : 0;
    for (let i = 0; i < values.length; i++) values[i] = centre + (2 * random() - 1) * bound;
    const bytes = new Uint8Array(values.buffer);
    const rowBytes = rowLength(shape) * 4;
    const readRows: CheckpointTensor['readRows'] = async (firstRow, count, payload) => {
      payload.set(bytes.subarray(firstRow * rowBytes, (firstRow + count) * rowBytes));
    };
    return [name, { name, sourceName: name, shape, encoding: createEncoding('f32', shape), readRows }];
  });
  return {
    format: 'slm2',
    files: [],
    isPinned: true,
    model,
    tensors: new Map(tensors),
    facts: {},
    rootDigest: undefined,
    warnings: [],
    verify: async () => {},
    readTokenizer: async () => undefined,
    close: async () => {},
  };
}

/** The checkpoint with a tokenizer of bytes: noise has none, and an artifact needs one. */
export function withTokenizer(checkpoint: Checkpoint): Checkpoint {
  return { ...checkpoint, readTokenizer: async () => ({ model: byteTokenizerModel(), warnings: [] }) };
}

/** A model of noise whose matrices are random blocks of ggml, as a GGUF holds them, with a tokenizer of bytes. */
export function blockCheckpoint(dtype: 'Q8_0' | 'Q4_0', hyperparameters: Hyperparameters): Checkpoint {
  const noise = noiseCheckpoint(hyperparameters);
  const random = createRandom(5);
  const tensors = [...noise.tensors].map(([name, tensor]): [string, CheckpointTensor] => {
    const { shape } = tensor;
    if (shape.length < 2) return [name, tensor];
    const encoding = createEncoding(dtype, shape);
    const blockBytes = dtype === 'Q8_0' ? 34 : 18;
    const payload = Uint8Array.from({ length: encodedSize(encoding, shape).payloadBytes }, () => random() * 256);
    // Scales from 2^-11 to 2^-7, of either sign.
    for (let at = 1; at < payload.length; at += blockBytes) payload[at] = ((payload[at] ?? 0) & 0x8f) | 0x10;
    const readRows: CheckpointTensor['readRows'] = async (firstRow, count, target) => {
      const [from, to] = [firstRow, firstRow + count].map((row) => rowOffsets({ encoding, shape }, row).payloadOffset);
      target.set(payload.subarray(from, to));
    };
    return [name, { ...tensor, encoding, readRows }];
  });
  return withTokenizer({ ...noise, tensors: new Map(tensors) });
}
