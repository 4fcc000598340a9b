/** Checkpoints in memory with any model, any storage types and known values, and packing them. */
import {
  type Checkpoint,
  type CheckpointFacts,
  type CheckpointTensor,
  fileSetOf,
  openCheckpoint,
} from '@mirust/checkpoint';
import {
  type ByteSink,
  createEncoding,
  elementCount,
  encodedSize,
  isMirustError,
  type MirustError,
  memorySink,
  memorySource,
  rowCount,
  rowLength,
  rowMajorEncoding,
  rowOffsets,
  type Shape,
  type TensorEncoding,
} from '@mirust/core';
import { describeModel, type Hyperparameters } from '@mirust/model';
import { createRecipe, decodeRows, deinterleaveRows, encodedTile, interleaveRows } from '@mirust/quant';
import { byteTokenizerModel, type TokenizerModel } from '@mirust/tokenizer';
import fc from 'fast-check';
import {
  type ArtifactFormat,
  type ConversionPlan,
  type ConversionReport,
  type ConvertOptions,
  convert,
  pendingSources,
  planConversion,
  type RowLayout,
} from '../src/index.ts';

/** A model that SLM1 can hold. */
export const SMALL: Hyperparameters = {
  vocabSize: 260,
  hiddenSize: 24,
  layerCount: 2,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 6,
  ffnSize: 40,
  maxContext: 64,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: false,
};

/** Small models that SLM1 can hold, of every shape: rows that q4 blocks divide and rows that they do not. */
export const slm1Models: fc.Arbitrary<Hyperparameters> = fc
  .record({
    kvHeadCount: fc.integer({ min: 1, max: 3 }),
    group: fc.integer({ min: 1, max: 3 }),
    halfHeadDim: fc.integer({ min: 1, max: 5 }),
    ffnSize: fc.integer({ min: 1, max: 40 }),
    layerCount: fc.integer({ min: 1, max: 2 }),
    tiedOutput: fc.boolean(),
  })
  .map(({ kvHeadCount, group, halfHeadDim, ...rest }) => {
    const headCount = kvHeadCount * group;
    const headDim = halfHeadDim * 2;
    return { ...SMALL, ...rest, kvHeadCount, headCount, headDim, hiddenSize: headCount * headDim };
  });

/** Values of a tensor: noise that depends on its name, normally distributed enough for codecs. */
export function valuesOf(name: string, shape: Shape): Float32Array {
  let state = [...name].reduce((hash, character) => (Math.imul(hash, 31) + character.charCodeAt(0)) | 0, 7);
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) / 2 ** 24 - 0.5;
  };
  return Float32Array.from({ length: elementCount(shape) }, () => next() + next() + next());
}

/** What a checkpoint of a test consists of. */
export interface TestCheckpoint {
  /** How the source stores a tensor; default f32. */
  readonly encoding?: (name: string, shape: Shape) => TensorEncoding;
  /** Changes values before they are stored. */
  readonly change?: (name: string, values: Float32Array) => void;
  readonly facts?: CheckpointFacts;
  /** Default: the byte tokenizer. Undefined: none. */
  readonly tokenizer?: TokenizerModel | undefined;
  readonly warnings?: Checkpoint['warnings'];
}

/** A checkpoint in memory. */
export function checkpointOf(h: Hyperparameters, options: TestCheckpoint = {}): Checkpoint {
  const model = describeModel('llama', h);
  const tokenizer = 'tokenizer' in options ? options.tokenizer : byteTokenizerModel();
  const tensors = model.contract.map(({ name, shape }) => {
    const values = valuesOf(name, shape);
    options.change?.(name, values);
    return memoryTensor(name, shape, options.encoding?.(name, shape) ?? createEncoding('f32', shape), values);
  });
  return {
    format: 'huggingface',
    files: [],
    isPinned: true,
    model,
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    facts: options.facts ?? {},
    rootDigest: undefined,
    warnings: options.warnings ?? [],
    verify: async () => {},
    readTokenizer: async () => (tokenizer === undefined ? undefined : { model: tokenizer, warnings: [] }),
    close: async () => {},
  };
}

/** A tensor of given values. NaN and infinities go into plain floats as they are. */
function memoryTensor(name: string, shape: Shape, encoding: TensorEncoding, values: Float32Array): CheckpointTensor {
  const finite = values.map((value) => (Number.isFinite(value) ? value : 0));
  const stored = encodedTile(rowMajorEncoding(encoding), rowLength(shape), finite, { tensor: name, firstRow: 0 });
  if (encoding.layout === 'interleaved') {
    const payload = new Uint8Array(encodedSize(encoding, shape).payloadBytes);
    interleaveRows(encoding, [rowCount(shape), rowLength(shape)], stored, payload);
    return storedTensor(name, shape, encoding, payload);
  }
  for (const [index, value] of values.entries()) {
    if (!Number.isFinite(value)) setRaw(stored.payload, encoding, index, value);
  }
  return storedTensor(name, shape, encoding, stored.payload, stored.scales);
}

/** A tensor of given bytes. */
export function storedTensor(
  name: string,
  shape: Shape,
  encoding: TensorEncoding,
  payload: Uint8Array,
  scales: Uint8Array = new Uint8Array(0),
): CheckpointTensor {
  return {
    name,
    sourceName: `source.${name}`,
    shape,
    encoding,
    async readRows(firstRow, count, payloadRows, scaleRows, options) {
      options?.signal?.throwIfAborted();
      const start = rowOffsets({ encoding, shape }, firstRow);
      const end = rowOffsets({ encoding, shape }, firstRow + count);
      payloadRows.set(payload.subarray(start.payloadOffset, end.payloadOffset));
      scaleRows.set(scales.subarray(start.scaleOffset, end.scaleOffset));
    },
  };
}

function setRaw(payload: Uint8Array, { dtype }: TensorEncoding, index: number, value: number): void {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const word = new DataView(new ArrayBuffer(4));
  word.setFloat32(0, value);
  if (dtype === 'f32') view.setFloat32(index * 4, value, true);
  else if (dtype === 'bf16') view.setUint16(index * 2, word.getUint16(0), true);
  else if (dtype === 'f16') {
    view.setUint16(index * 2, Number.isNaN(value) ? 0x7e00 : value > 0 ? 0x7c00 : 0xfc00, true);
  } else throw new Error(`no raw values in ${dtype}`);
}

/** How to pack. */
export interface PackOptions extends ConvertOptions {
  readonly recipe?: Parameters<typeof createRecipe>[0];
  readonly format?: ArtifactFormat;
  readonly layout?: RowLayout;
}

/** A recipe that stores everything, vectors too, in one type. */
export function everything(type: string): Parameters<typeof createRecipe>[0] {
  return { default: type, rules: [{ pattern: '*', type }] };
}

/** Plans a conversion of a test. */
export function planOf(checkpoint: Checkpoint, options: PackOptions = {}): Promise<ConversionPlan> {
  const { recipe = { default: 'keep' }, format = 'slm2', layout } = options;
  return planConversion({
    checkpoint,
    recipe: createRecipe(recipe),
    format,
    ...(layout === undefined ? {} : { layout }),
    tool: { name: 'test', version: '1' },
    sources: pendingSources(checkpoint).map((file) => ({ ...file, sha256: '1'.repeat(64) })),
  });
}

/** Packs into memory. */
export async function pack(
  checkpoint: Checkpoint,
  options: PackOptions = {},
): Promise<{ readonly bytes: Uint8Array; readonly plan: ConversionPlan; readonly report: ConversionReport }> {
  const plan = await planOf(checkpoint, options);
  const sink = memorySink(plan.byteLength);
  const report = await convert(plan, sink, options);
  return { bytes: sink.bytes(), plan, report };
}

/** Opens an artifact in memory. */
export function openBytes(bytes: Uint8Array): Promise<Checkpoint> {
  return openCheckpoint(fileSetOf(new Map([['a.slm', memorySource(bytes, 'a.slm')]]), 'a.slm'));
}

/** All bytes of a tensor. */
export async function bytesOf(tensor: CheckpointTensor): Promise<{ payload: Uint8Array; scales: Uint8Array }> {
  const rows = rowCount(tensor.shape);
  const end = rowOffsets(tensor, rows);
  const payload = new Uint8Array(end.payloadOffset);
  const scales = new Uint8Array(end.scaleOffset);
  await tensor.readRows(0, rows, payload, scales);
  return { payload, scales };
}

/** All values of a tensor. */
export async function decoded(tensor: CheckpointTensor): Promise<Float32Array> {
  const values = new Float32Array(elementCount(tensor.shape));
  decodeRows({ ...tensor, ...(await bytesOf(tensor)) }, 0, rowCount(tensor.shape), values);
  return values;
}

/** The tensor of a name; a test without it fails. */
export function tensorOf(checkpoint: Checkpoint, name: string): CheckpointTensor {
  const tensor = checkpoint.tensors.get(name);
  if (tensor === undefined) throw new Error(`no tensor ${name}`);
  return tensor;
}

/** What happened to a sink. */
export interface WatchedSink extends ByteSink {
  readonly events: readonly string[];
}

/** A memory sink that tells whether it was committed or aborted. `fail` is called before every write. */
export function watchedSink(byteLength: number, fail: (offset: number) => void = () => {}): WatchedSink {
  const inner = memorySink(byteLength);
  const events: string[] = [];
  return {
    ...inner,
    events,
    async write(offset, bytes) {
      fail(offset);
      await inner.write(offset, bytes);
    },
    async commit() {
      events.push('commit');
      await inner.commit();
    },
    async abort() {
      events.push('abort');
      await inner.abort();
    },
  };
}

/** The MirustError that a promise is rejected with; any other outcome fails the test. */
export async function errorOf(promise: Promise<unknown>): Promise<MirustError> {
  try {
    await promise;
  } catch (error) {
    if (isMirustError(error)) return error;
    throw error;
  }
  throw new Error('expected an error, nothing was thrown');
}

/** Whether two runs of bytes are equal: of megabytes, which `toEqual` would compare one by one. */
export function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
    Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  return bytes(a).equals(bytes(b));
}

/** All bytes of a tensor, rows one behind the other. */
async function rowsOf(tensor: CheckpointTensor): Promise<{ payload: Uint8Array; scales: Uint8Array }> {
  const { encoding, shape } = tensor;
  const bytes = await bytesOf(tensor);
  if (encoding.layout !== 'interleaved') return bytes;
  const { payloadBytes, scaleBytes } = encodedSize(rowMajorEncoding(encoding), shape);
  const rows = { payload: new Uint8Array(payloadBytes), scales: new Uint8Array(scaleBytes) };
  deinterleaveRows(encoding, [rowCount(shape), rowLength(shape)], bytes.payload, rows);
  return rows;
}

/** Whether two tensors have the same codes and scales, in whichever layout. */
export async function sameTensor(a: CheckpointTensor, b: CheckpointTensor): Promise<boolean> {
  const [first, second] = [await rowsOf(a), await rowsOf(b)];
  return sameBytes(first.payload, second.payload) && sameBytes(first.scales, second.scales);
}
