/** Writes GGUF files for tests, right or wrong: every number can be given as it should stand in the file. */

/** Type numbers of metadata values. */
export const TYPE = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;

/** A tensor row; the data bytes are zero. */
export interface TensorSpec {
  readonly name: string | Uint8Array;
  /** Innermost first, as the file has it. */
  readonly dims: readonly (number | bigint)[];
  /** Default: the length of `dims`. */
  readonly rank?: number;
  readonly type: number;
  readonly offset: number | bigint;
}

/** A file. Counts default to the truth. */
export interface FileSpec {
  readonly magic?: string;
  readonly version?: number;
  readonly tensorCount?: bigint;
  readonly metadataCount?: bigint;
  /** Key, type number, bytes of the value. */
  readonly metadata?: readonly (readonly [string | Uint8Array, number, Uint8Array])[];
  readonly tensors?: readonly TensorSpec[];
  readonly alignment?: number;
  /** Bytes behind the aligned end of the header. Default 0. */
  readonly dataByteLength?: number;
}

export function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function u32(value: number): Uint8Array {
  const part = new Uint8Array(4);
  new DataView(part.buffer).setUint32(0, value, true);
  return part;
}

export function u64(value: number | bigint): Uint8Array {
  const part = new Uint8Array(8);
  new DataView(part.buffer).setBigUint64(0, BigInt(value), true);
  return part;
}

export function f32(value: number): Uint8Array {
  return new Uint8Array(new Float32Array([value]).buffer);
}

export function text(value: string | Uint8Array): Uint8Array {
  const content = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return concat(u64(content.length), content);
}

/** The bytes of an array value. */
export function array(elementType: number, count: number | bigint, ...elements: Uint8Array[]): Uint8Array {
  return concat(u32(elementType), u64(count), ...elements);
}

export function buildGguf(spec: FileSpec): Uint8Array {
  const metadata = spec.metadata ?? [];
  const tensors = spec.tensors ?? [];
  const header = concat(
    new TextEncoder().encode(spec.magic ?? 'GGUF'),
    u32(spec.version ?? 3),
    u64(spec.tensorCount ?? tensors.length),
    u64(spec.metadataCount ?? metadata.length),
    ...metadata.map(([key, type, value]) => concat(text(key), u32(type), value)),
    ...tensors.map(({ name, dims, rank, type, offset }) =>
      concat(text(name), u32(rank ?? dims.length), ...dims.map(u64), u32(type), u64(offset)),
    ),
  );
  if (spec.dataByteLength === undefined) return header;
  const alignment = spec.alignment ?? 32;
  return concat(header, new Uint8Array(-header.length & (alignment - 1)), new Uint8Array(spec.dataByteLength));
}

/** Two tensors of f32, [2, 8] and [4], over 96 bytes of data. */
export const GOOD: FileSpec = {
  metadata: [
    ['general.architecture', TYPE.string, text('llama')],
    ['tokenizer.ggml.tokens', TYPE.array, array(TYPE.string, 2, text('a'), text('▁the'))],
    ['tokenizer.ggml.scores', TYPE.array, array(TYPE.float32, 2, f32(0.5), f32(-1))],
    ['flag', TYPE.bool, bytes(1)],
    ['big', TYPE.uint64, u64(2n ** 64n - 1n)],
  ],
  tensors: [
    { name: 'a', dims: [8, 2], type: 0, offset: 0 },
    { name: 'b', dims: [4], type: 0, offset: 64 },
  ],
  dataByteLength: 96,
};
