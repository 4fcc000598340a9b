/** Small containers for the tests of this package. */
import { createHash } from 'node:crypto';
import {
  type ByteSource,
  createEncoding,
  type DTypeName,
  interleavedEncoding,
  isMirustError,
  type MirustError,
  memorySink,
  memorySource,
  rowCount,
  rowOffsets,
  type Shape,
  type TensorEncoding,
} from '@mirust/core';
import { CHUNK_BYTES } from '@mirust/integrity';
import type { HyperparameterRecord } from '@mirust/schemas';
import {
  createSlm1Writer,
  createSlm2Writer,
  layoutSlm1,
  layoutSlm2,
  type PlacedTensor,
  type Slm1Layout,
  type Slm2Layout,
  type Slm2Meta,
  type TensorDescription,
  type TensorTile,
} from '../src/index.ts';

/** The tiny fixture of the SLM1 specification. */
export const TINY: HyperparameterRecord = {
  vocabSize: 260,
  hiddenSize: 8,
  layerCount: 1,
  headCount: 2,
  kvHeadCount: 2,
  headDim: 4,
  ffnSize: 16,
  maxContext: 16,
  ropeTheta: 10000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: false,
};

/** A BTOK section. */
export function btok(vocabSize = 260): Uint8Array {
  const bytes = new Uint8Array(28);
  bytes.set(new TextEncoder().encode('BTOK'));
  const view = new DataView(bytes.buffer);
  [1, vocabSize, 256, 257, 258, 259].forEach((word, i) => {
    view.setUint32(4 + 4 * i, word, true);
  });
  return bytes;
}

/** Scales of 0.5, as bytes. */
export function halfScales(byteLength: number, encoding: TensorEncoding): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  const view = new DataView(bytes.buffer);
  const step = encoding.scaleType === 'f32' ? 4 : 2;
  for (let at = 0; at < byteLength; at += step) {
    if (step === 4) view.setFloat32(at, 0.5, true);
    else view.setUint16(at, 0x3800, true);
  }
  return bytes;
}

/**
 * What a tensor of a test holds: payload bytes that depend on name and position, scales of 0.5. Where rows are
 * interleaved, scales and zeros of padding stand over them.
 */
export function contentOf(tensor: PlacedTensor): { payload: Uint8Array; scales: Uint8Array } {
  const seed = [...tensor.name].reduce((sum, character) => sum + character.charCodeAt(0), 0);
  const payload = new Uint8Array(tensor.byteLength);
  for (let i = 0; i < payload.length; i++) payload[i] = i * 11 + seed;
  if (tensor.encoding.layout === 'interleaved') keepPanelRules(tensor, payload);
  return { payload, scales: halfScales(tensor.scaleByteLength, tensor.encoding) };
}

/** Writes scales and padding of interleaved rows, place by place as the format's description has them. */
function keepPanelRules({ encoding, shape }: TensorDescription, payload: Uint8Array): void {
  const [rows = 0, columns = 0] = shape;
  const scaleBytes = encoding.scaleType === 'f16' || !['q8', 'q4'].includes(encoding.dtype) ? 2 : 4;
  const padded = Math.ceil(columns / 32) * 32;
  const groupColumns = encoding.dtype === 'q8' ? padded : 32;
  const steps = ['q4', 'Q4_0'].includes(encoding.dtype) ? 4 : groupColumns / 4;
  const half = halfScales(scaleBytes, { ...encoding, scaleType: scaleBytes === 4 ? 'f32' : 'f16' });
  let at = 0;
  for (let panel = 0; panel < rows; panel += 8) {
    for (let group = 0; group < padded; group += groupColumns) {
      for (let row = panel; row < panel + 8; row++, at += scaleBytes) {
        payload.set(row < rows ? half : new Uint8Array(scaleBytes), at);
      }
      for (let step = 0; step < steps; step++) {
        for (let row = panel; row < panel + 8; row++, at += 4) {
          if (row >= rows) payload.fill(0, at, at + 4);
          const left = Math.max(0, columns - group - 4 * step);
          if (encoding.dtype === 'q8' && left < 4) payload.fill(0, at + left, at + 4);
        }
      }
    }
  }
}

/** A tensor cut into tiles of `rows` rows. */
export function tilesOf(tensor: PlacedTensor, rows: number): { name: string; tile: TensorTile }[] {
  const { payload, scales } = contentOf(tensor);
  const count = rowCount(tensor.shape);
  const tiles: { name: string; tile: TensorTile }[] = [];
  for (let row = 0; row < count; row += rows) {
    const from = rowOffsets(tensor, row);
    const to = rowOffsets(tensor, Math.min(count, row + rows));
    tiles.push({
      name: tensor.name,
      tile: {
        payloadOffset: from.payloadOffset,
        payload: payload.subarray(from.payloadOffset, to.payloadOffset),
        scaleOffset: from.scaleOffset,
        scales: scales.subarray(from.scaleOffset, to.scaleOffset),
      },
    });
  }
  return tiles;
}

/** All tiles of a layout. */
export function allTiles(layout: Slm1Layout | Slm2Layout, rows: number): { name: string; tile: TensorTile }[] {
  return layout.tensors.flatMap((tensor) => tilesOf(tensor, rows));
}

/** Writes an SLM1 file of the tests' content. */
export async function buildSlm1(layout: Slm1Layout): Promise<Uint8Array> {
  const sink = memorySink(layout.byteLength);
  const writer = createSlm1Writer(layout, sink);
  for (const { name, tile } of allTiles(layout, 1000)) await writer.writeTensor(name, tile);
  await writer.finish();
  await sink.commit();
  return sink.bytes();
}

/** The tiny fixture with every tensor in one type. */
export function tinySlm1(dtype: DTypeName = 'f32', tiedOutput = false): Slm1Layout {
  return layoutSlm1({
    hyperparameters: { ...TINY, tiedOutput },
    tokenizerBytes: btok(),
    encoding: (_, shape) => createEncoding(dtype, shape, { blockSize: 4 }),
  });
}

/** Statistics as they would be measured. */
export const STATISTICS = {
  maxAbsoluteError: '+1.250000000e-001',
  rmsError: '+3.000000000e-002',
  relativeRmsError: '+1.000000000e-002',
  cosine: '+9.990000000e-001',
};

/** META for some tensors; q8 and q4 have statistics. */
export function metaFor(tensors: readonly TensorDescription[]): Slm2Meta {
  return {
    formatVersion: 1,
    architecture: 'llama',
    hyperparameters: TINY,
    recipe: { default: 'keep', rules: [], q4BlockSize: 32, scaleType: 'f32' },
    tensors: Object.fromEntries(
      tensors.map(({ name, encoding: { dtype } }) => [
        name,
        { requested: dtype, ...(dtype === 'q8' || dtype === 'q4' ? { statistics: STATISTICS } : {}) },
      ]),
    ),
    sources: [{ name: 'model.safetensors', byteLength: 5, sha256: 'ab'.repeat(32) }],
    tool: { name: 'test', version: '1' },
  };
}

/** Short for a tensor description. */
export function describeTensor(
  name: string,
  dtype: DTypeName,
  shape: Shape,
  options: Parameters<typeof createEncoding>[2] = {},
): TensorDescription {
  return { name, shape, encoding: createEncoding(dtype, shape, options) };
}

/** The same with rows interleaved. */
export function interleaved(tensor: TensorDescription): TensorDescription {
  return { ...tensor, encoding: interleavedEncoding(tensor.encoding, tensor.shape) };
}

/** Three small tensors with every kind of region: payload, scales, and padding before, between and behind. */
export const SMALL: readonly TensorDescription[] = [
  describeTensor('norm.weight', 'f32', [3]),
  describeTensor('a.weight', 'q8', [3, 5]),
  describeTensor('b.weight', 'q4', [2, 8], { blockSize: 4, scaleType: 'f16' }),
];

/** Lays out a container for tests. */
export function layoutFor(tensors: readonly TensorDescription[], part: Partial<Slm2Meta> = {}): Slm2Layout {
  const tokenizerBytes = new TextEncoder().encode('a tokenizer, for all that the container knows');
  return layoutSlm2({ meta: { ...metaFor(tensors), ...part }, tokenizerBytes, tensors });
}

/** Writes an SLM2 file of the tests' content, tiles in the given order. */
export async function buildSlm2(
  tensors: readonly TensorDescription[],
  order: (tiles: { name: string; tile: TensorTile }[]) => { name: string; tile: TensorTile }[] = (tiles) => tiles,
  rows = 1000,
): Promise<Uint8Array> {
  const layout = layoutFor(tensors);
  const sink = memorySink(layout.byteLength);
  const writer = createSlm2Writer(layout, sink);
  for (const { name, tile } of order(allTiles(layout, rows))) await writer.writeTensor(name, tile);
  await writer.finish(metaFor(tensors));
  await sink.commit();
  return sink.bytes();
}

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Where the sections of an SLM2 file are, as its table says. */
export function sectionsOf(bytes: Uint8Array): Map<string, { entry: number; offset: number; byteLength: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sections = new Map<string, { entry: number; offset: number; byteLength: number }>();
  for (let entry = 64; entry < 64 + 64 * view.getUint32(16, true); entry += 64) {
    const kind = String.fromCharCode(...bytes.subarray(entry, entry + 4));
    const offset = Number(view.getBigUint64(entry + 8, true));
    sections.set(kind, { entry, offset, byteLength: Number(view.getBigUint64(entry + 16, true)) });
  }
  return sections;
}

/** What {@link resign} shall leave as it is. */
export interface ResignOptions {
  readonly keepLeaves?: boolean;
  readonly keepSections?: boolean;
}

/**
 * Makes all digests of a changed SLM2 file right again, as an attacker or a wrong packer would: so that what is behind
 * the digests is tested too. Digests of tensors stay.
 */
export function resign(bytes: Uint8Array, options: ResignOptions = {}): Uint8Array {
  const sections = sectionsOf(bytes);
  const data = sections.get('DATA');
  const leaf = sections.get('LEAF');
  if (data !== undefined && leaf !== undefined && options.keepLeaves !== true) {
    const content = bytes.subarray(data.offset, data.offset + data.byteLength);
    for (let i = 0; i * CHUNK_BYTES < content.byteLength && i * 32 < leaf.byteLength; i++) {
      bytes.set(digest(content.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)), leaf.offset + 32 * i);
    }
  }
  for (const [kind, { entry, offset, byteLength }] of options.keepSections === true ? [] : sections) {
    const from = kind === 'DATA' ? (leaf ?? { offset: 0, byteLength: 0 }) : { offset, byteLength };
    if (from.offset > bytes.byteLength) continue;
    bytes.set(digest(bytes.subarray(from.offset, from.offset + from.byteLength)), entry + 24);
  }
  bytes.fill(0, 32, 64);
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(16, true);
  bytes.set(digest(bytes.subarray(0, 64 + 64 * Math.min(count, 16))), 32);
  return bytes;
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

/** A source that counts: what was asked for, and how often. */
export function countingSource(
  bytes: Uint8Array,
): ByteSource & { readonly reads: { offset: number; length: number }[] } {
  const inner = memorySource(bytes);
  const reads: { offset: number; length: number }[] = [];
  return {
    ...inner,
    reads,
    async readInto(offset, target, options) {
      reads.push({ offset, length: target.byteLength });
      await inner.readInto(offset, target, options);
    },
  };
}
