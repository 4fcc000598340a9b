/** The encoding build at work, beside the definitions of `@mirust/quant`. */
import {
  createEncoding,
  encodedSize,
  interleavedEncoding,
  isMirustError,
  rowMajorEncoding,
  rowOffsets,
  type TensorEncoding,
} from '@mirust/core';
import {
  decodeRows,
  type EncodedTile,
  encodedTile,
  interleaveRows,
  type MatrixShape,
  measureTile,
  SCAN_NUMBERS,
  startScan,
} from '@mirust/quant';
import {
  compileEncodeKernels,
  type EncodeKernels,
  encodedKind,
  instantiateEncodeKernels,
  storageKind,
} from '../src/encode/index.ts';

/** Every encoding that the kernels write, by the name that tests show. */
export const TARGETS: readonly { readonly name: string; encoding(shape: MatrixShape): TensorEncoding }[] = [
  ...(['f32', 'f16', 'bf16'] as const).map((dtype) => ({
    name: dtype,
    encoding: (shape: MatrixShape) => createEncoding(dtype, shape),
  })),
  ...(['q8', 'q4'] as const).flatMap((dtype) =>
    (['f32', 'f16'] as const).flatMap((scaleType) => {
      const encoding = (shape: MatrixShape): TensorEncoding => createEncoding(dtype, shape, { scaleType });
      return [
        { name: `${dtype} ${scaleType}`, encoding },
        {
          name: `${dtype} ${scaleType} interleaved`,
          encoding: (shape: MatrixShape) => interleavedEncoding(encoding(shape), shape),
        },
      ];
    }),
  ),
];

/** A converted tile: stored bytes and the sums of its rows. */
export interface Converted extends EncodedTile {
  readonly sums: Float64Array;
}

/** Scanned rows: what is known of all values, and the greatest magnitude of each row. */
export interface Scanned {
  readonly found: Float64Array;
  readonly magnitudes: Float32Array;
}

/** Stored rows to convert. */
export interface StoredRows extends EncodedTile {
  readonly encoding: TensorEncoding;
}

/** What bytes in memory hold before a kernel writes them: nothing may count on zeros. */
const DIRT = 0xa5;

/** The build over a memory of its own. */
export class EncodeBench {
  readonly kernels: EncodeKernels;
  readonly #memory: WebAssembly.Memory;
  #next = 0;

  private constructor(module: WebAssembly.Module, memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.kernels = instantiateEncodeKernels(module, memory);
  }

  static async create(shared = false): Promise<EncodeBench> {
    const module = await compileEncodeKernels(shared);
    if (module === undefined) throw new Error('this engine has no SIMD');
    return new EncodeBench(module, new WebAssembly.Memory({ initial: 64, maximum: 64, shared }));
  }

  /** Converts rows; undefined where the kernels refuse them. */
  convert(rows: StoredRows, shape: MatrixShape, target: TensorEncoding): Converted | undefined {
    const [count, columns] = shape;
    const size = encodedSize(target, shape);
    this.#next = this.kernels.dataEnd.value;
    const source = this.#put(rows.payload);
    const sourceScales = this.#put(rows.scales);
    const payload = this.#room(size.payloadBytes);
    const scales = this.#room(size.scaleBytes);
    const sums = this.#room(count * 56);
    const scratch = this.#room(this.kernels.tileScratchBytes(columns));
    const end = this.#room(16);
    const done = this.kernels.convertTile(
      storageKind(rows.encoding) ?? Number.NaN,
      source,
      rows.encoding.layout === 'interleaved' ? 0 : rowOffsets({ encoding: rows.encoding, shape }, 1).payloadOffset,
      sourceScales,
      rows.encoding.blockSize,
      encodedKind(target) ?? Number.NaN,
      count,
      columns,
      payload,
      scales,
      scratch,
      sums,
    );
    const isClean = this.#bytes(end, 16).every((byte) => byte === DIRT);
    if (!isClean) throw new Error('the kernels wrote behind their scratch');
    if (done === 0) return undefined;
    return {
      payload: this.#bytes(payload, size.payloadBytes).slice(),
      scales: this.#bytes(scales, size.scaleBytes).slice(),
      sums: new Float64Array(this.#bytes(sums, count * 56).slice().buffer),
    };
  }

  /** Converts f32 values. */
  encode(values: Float32Array, shape: MatrixShape, target: TensorEncoding): Converted | undefined {
    const payload = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return this.convert({ payload, scales: new Uint8Array(0), encoding: createEncoding('f32', shape) }, shape, target);
  }

  areFinite(bytes: Uint8Array, count: number, exponentBits: number, is16: boolean): boolean {
    this.#next = this.kernels.dataEnd.value;
    return this.kernels.areFinite(this.#put(bytes), count, exponentBits, is16 ? 1 : 0) === 1;
  }

  /** Scans rows, `rowsPerCall` at a time; `first` is the index of their first value. */
  scan(rows: StoredRows, shape: MatrixShape, rowsPerCall: number, first: number): Scanned {
    const [count, columns] = shape;
    const { encoding } = rows;
    this.#next = this.kernels.dataEnd.value;
    const isInterleaved = encoding.layout === 'interleaved';
    const found = this.#room(8 * SCAN_NUMBERS);
    const view = new Float64Array(this.#memory.buffer, found, SCAN_NUMBERS);
    startScan(view);
    const scratch = this.#room(4 * columns);
    const magnitudes = this.#room(4 * count);
    const end = this.#room(16);
    const place = this.#next;
    for (let row = 0; row < count; row += rowsPerCall) {
      this.#next = place;
      const size = Math.min(rowsPerCall, count - row);
      const from = rowOffsets({ encoding, shape }, row);
      const to = rowOffsets({ encoding, shape }, row + size);
      this.kernels.scanRows(
        storageKind(encoding) ?? Number.NaN,
        this.#put(rows.payload.subarray(from.payloadOffset, to.payloadOffset)),
        size,
        columns,
        isInterleaved ? 0 : rowOffsets({ encoding, shape }, 1).payloadOffset,
        this.#put(rows.scales.subarray(from.scaleOffset, to.scaleOffset)),
        encoding.blockSize,
        scratch,
        first + row * columns,
        found,
        magnitudes + 4 * row,
      );
    }
    const isClean = this.#bytes(end, 16).every((byte) => byte === DIRT);
    if (!isClean) throw new Error('the kernels wrote behind their scratch');
    return { found: view.slice(), magnitudes: new Float32Array(this.#memory.buffer, magnitudes, count).slice() };
  }

  #room(byteLength: number): number {
    const address = Math.ceil(this.#next / 16) * 16;
    this.#next = address + byteLength;
    if (this.#next > this.#memory.buffer.byteLength) throw new Error('the test needs more memory');
    this.#bytes(address, byteLength).fill(DIRT);
    return address;
  }

  #put(bytes: Uint8Array): number {
    const address = this.#room(bytes.byteLength);
    this.#bytes(address, bytes.byteLength).set(bytes);
    return address;
  }

  #bytes(address: number, byteLength: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, address, byteLength);
  }
}

/** What the definitions say; undefined where they throw. */
export function defined(values: Float32Array, shape: MatrixShape, target: TensorEncoding): Converted | undefined {
  const place = { tensor: 't', firstRow: 0 };
  const rowMajor = rowMajorEncoding(target);
  let tile: EncodedTile;
  try {
    tile = encodedTile(rowMajor, shape[1], values, place);
  } catch (error) {
    if (isMirustError(error)) return undefined;
    throw error;
  }
  const decoded = new Float32Array(values.length);
  decodeRows({ name: 't', encoding: rowMajor, shape, ...tile }, 0, shape[0], decoded);
  const { rows: sums } = measureTile(rowMajor, shape[1], { original: values, decoded, scales: tile.scales }, place);
  if (target.layout !== 'interleaved') return { ...tile, sums };
  const payload = new Uint8Array(encodedSize(target, shape).payloadBytes);
  interleaveRows(target, shape, tile, payload);
  return { payload, scales: new Uint8Array(0), sums };
}
