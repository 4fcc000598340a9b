/** Every offset of a GGUF file and its whole length, before a byte of a tensor is there. */
import {
  alignUp,
  checkedAdd,
  createEncoding,
  type DTypeName,
  dtypeInfo,
  encodedSize,
  type Shape,
  sanitizeText,
} from '@mirust/core';
import { appendString, appendU32, appendU64, type ByteBuilder, createByteBuilder, extend } from './_byte-builder.ts';
import { readAlignment } from './_metadata.ts';
import { appendValue } from './_write-value.ts';
import type { GgufTensor } from './file.ts';
import {
  FORMAT_TENSOR_NAME_BYTES,
  MAX_GGUF_HEADER_BYTES,
  MAX_GGUF_KEY_BYTES,
  MAX_GGUF_METADATA_ENTRIES,
  MAX_GGUF_RANK,
  MAX_GGUF_TENSORS,
} from './limits.ts';
import type { GgufMetadata } from './value.ts';

/** What is known of a tensor before its bytes. */
export interface GgufTensorDescription {
  /** 1 to 64 bytes of UTF-8: the limit of the format, although readers take longer names. */
  readonly name: string;
  /** A type that has a ggml id. */
  readonly dtype: DTypeName;
  /** Outermost dimension first, [out, in] for a matrix. */
  readonly shape: Shape;
}

/** What a GGUF file is to hold. */
export interface GgufDescription {
  /** Written in its order. `general.alignment`, where it is there, decides the alignment; otherwise 32. */
  readonly metadata: GgufMetadata;
  /** Written in its order, table and data alike. */
  readonly tensors: readonly GgufTensorDescription[];
}

/** The file, laid out. */
export interface GgufLayout {
  /** The whole file, the padding behind the last tensor included. */
  readonly byteLength: number;
  readonly alignment: number;
  /** Preamble, metadata and tensor table: everything before the padding that leads to the data. */
  readonly header: Uint8Array;
  /** Where the data start. */
  readonly dataOffset: number;
  /** In the order of the table, with absolute offsets. */
  readonly tensors: readonly GgufTensor[];
  readonly tensorsByName: ReadonlyMap<string, GgufTensor>;
}

/**
 * Lays a file of version 3 out, little-endian; what `readGguf` will make of it is what was put in, without a warning.
 * Throws TypeError for a metadata value of another type than it says; RangeError for one that its type cannot hold, a
 * key, name, shape or type that the format cannot, a tensor that is there twice, or a header that readers refuse;
 * `GGUF_ALIGNMENT`, `GGUF_KEY_TYPE` or `GGUF_KEY_RANGE` for a bad `general.alignment`; `BLOCK_MISMATCH` and `OVERFLOW`
 * for the size of a tensor.
 */
export function layoutGguf({ metadata, tensors }: GgufDescription): GgufLayout {
  checkCount(metadata.size, MAX_GGUF_METADATA_ENTRIES, 'metadata entries');
  checkCount(tensors.length, MAX_GGUF_TENSORS, 'tensors');
  const alignment = readAlignment(metadata);
  const builder = createByteBuilder();
  builder.bytes.set([0x47, 0x47, 0x55, 0x46], extend(builder, 4));
  appendU32(builder, 3);
  appendU64(builder, tensors.length);
  appendU64(builder, metadata.size);
  for (const [key, value] of metadata) {
    const what = `the metadata value "${sanitizeText(key)}"`;
    appendString(
      builder,
      key,
      { minBytes: 1, maxBytes: MAX_GGUF_KEY_BYTES },
      `the metadata key "${sanitizeText(key)}"`,
    );
    appendValue(builder, value, what);
  }
  const relative = appendTable(builder, tensors, alignment);
  if (builder.length > MAX_GGUF_HEADER_BYTES) {
    throw new RangeError(`the header would have ${builder.length} bytes, readers take ${MAX_GGUF_HEADER_BYTES}`);
  }
  const header = builder.bytes.slice(0, builder.length);
  const dataOffset = alignUp(header.length, alignment);
  const placed = relative.tensors.map((tensor) => ({ ...tensor, offset: dataOffset + tensor.offset }));
  return {
    byteLength: tensors.length === 0 ? header.length : checkedAdd(dataOffset, relative.end, 'bytes of the file'),
    alignment,
    header,
    dataOffset,
    tensors: placed,
    tensorsByName: new Map(placed.map((tensor) => [tensor.name, tensor])),
  };
}

/** Appends the tensor table. Gives the tensors with offsets relative to the data, and the aligned end of the last. */
function appendTable(
  builder: ByteBuilder,
  descriptions: readonly GgufTensorDescription[],
  alignment: number,
): { readonly tensors: GgufTensor[]; readonly end: number } {
  const names = new Set<string>();
  const tensors: GgufTensor[] = [];
  let end = 0;
  for (const { name, dtype, shape } of descriptions) {
    const what = `tensor "${sanitizeText(name)}"`;
    if (names.has(name)) throw new RangeError(`${what} is there twice`);
    names.add(name);
    const { ggmlId } = dtypeInfo(dtype);
    if (ggmlId === undefined) throw new RangeError(`GGUF cannot store ${what} as ${dtype}`);
    checkDimensions(shape, what);
    const { payloadBytes } = encodedSize(createEncoding(dtype, shape), shape, { tensor: sanitizeText(name) });
    appendString(builder, name, { minBytes: 1, maxBytes: FORMAT_TENSOR_NAME_BYTES }, `the name of ${what}`);
    appendU32(builder, shape.length);
    for (const dimension of [...shape].reverse()) appendU64(builder, dimension);
    appendU32(builder, ggmlId);
    appendU64(builder, end);
    tensors.push({ name, dtype, shape: [...shape], offset: end, byteLength: payloadBytes });
    end = alignUp(checkedAdd(end, payloadBytes, `the end of ${what}`), alignment);
  }
  return { tensors, end };
}

function checkDimensions(shape: Shape, what: string): void {
  const valid = shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 1);
  if (valid && shape.length >= 1 && shape.length <= MAX_GGUF_RANK) return;
  throw new RangeError(
    `${what} has the shape [${shape.join(', ')}]; GGUF stores 1 to ${MAX_GGUF_RANK} dimensions >= 1`,
  );
}

function checkCount(count: number, most: number, what: string): void {
  if (count > most) throw new RangeError(`a GGUF of ${count} ${what} is beyond what readers take, ${most}`);
}
