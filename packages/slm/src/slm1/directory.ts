/** The tensor directory: reading with every rule, and writing. */
import {
  type ByteCursor,
  createCursor,
  cursorOffset,
  type DTypeName,
  encodedSize,
  formatShape,
  readBytes,
  readU32,
  readU64,
  rowLength,
  type Shape,
  sameShape,
  type TensorEncoding,
} from '@mirust/core';
import { hex64 } from '@mirust/integrity';
import { placeTensor, tensorEnd } from '../_place.ts';
import { slmError } from '../errors.ts';
import { PAYLOAD_ALIGNMENT, type PlacedTensor } from '../tensor.ts';
import { SLM1_DTYPES, SLM1_ENTRY_BYTES, type Slm1Header, type Slm1Tensor } from './format.ts';
import { slm1NameHash, slm1TensorCount, slm1TensorShapes } from './tensors.ts';

/**
 * Throws `SLM1_TENSOR_COUNT` for more tensors than the shape has. Fewer are found by name later. Called before the
 * directory is read, so that its size follows from the model and not from a number in the file.
 */
export function checkSlm1TensorCount(header: Slm1Header): void {
  const expected = slm1TensorCount(header.hyperparameters);
  if (header.tensorCount <= expected) return;
  const message = `${header.tensorCount} tensors, a model of this shape has ${expected}`;
  throw slmError('SLM1_TENSOR_COUNT', message, { offset: 88, expected, actual: header.tensorCount });
}

/** Reads the directory and gives the tensors in the order of `slm1TensorShapes`. */
export function parseSlm1Directory(bytes: Uint8Array, header: Slm1Header, fileByteLength: number): Slm1Tensor[] {
  const shapes = slm1TensorShapes(header.hyperparameters);
  const byHash = new Map(shapes.map((tensor) => [slm1NameHash(tensor.name), tensor] as const));
  const found = new Map<string, Slm1Tensor>();
  const cursor = createCursor(bytes, header.directoryOffset);
  for (let index = 0; index < header.tensorCount; index++) {
    const offset = cursorOffset(cursor);
    const hash = readU64(cursor, 'name hash');
    const known = byHash.get(hash);
    if (known === undefined) {
      const message = `entry ${index} has the name hash ${hex64(hash)}, which no tensor of this model has`;
      throw slmError('SLM1_TENSOR_UNKNOWN', message, { offset, actual: hex64(hash) });
    }
    if (found.has(known.name)) {
      throw slmError('SLM1_TENSOR_DUPLICATE', `${known.name} is there twice`, { offset, tensor: known.name });
    }
    found.set(known.name, readEntry(cursor, known, hash, header.dataOffset, fileByteLength));
  }
  const tensors = shapes.map(({ name }) => {
    const tensor = found.get(name);
    if (tensor !== undefined) return tensor;
    throw slmError('SLM1_TENSOR_MISSING', `${name} is missing`, { offset: header.directoryOffset, tensor: name });
  });
  checkCover(tensors, header.dataOffset, fileByteLength);
  return tensors;
}

function readEntry(
  cursor: ByteCursor,
  known: { readonly name: string; readonly shape: Shape },
  hash: bigint,
  dataOffset: number,
  fileByteLength: number,
): Slm1Tensor {
  const { name, shape } = known;
  const at = cursorOffset(cursor) - 8;
  const context = (field: number): { offset: number; tensor: string } => ({ offset: at + field, tensor: name });
  const dtypeId = readU32(cursor, 'dtype');
  const dtype: DTypeName | undefined = (SLM1_DTYPES as Readonly<Record<number, DTypeName>>)[dtypeId];
  if (dtype === undefined) {
    throw slmError('SLM1_TENSOR_DTYPE', `${name} has storage type ${dtypeId}`, { ...context(8), actual: dtypeId });
  }
  const rank = readU32(cursor, 'rank');
  const dims = [0, 1, 2, 3].map(() => readU32(cursor, 'dimension'));
  // What the published text says of dims beyond the rank is nothing: 0 and 1 are the two harmless readings.
  if (!sameShape(dims.slice(0, rank), shape) || dims.slice(rank).some((dim) => dim > 1)) {
    const actual = `${formatShape(dims.slice(0, rank))}, rank ${rank}`;
    throw slmError('SLM1_TENSOR_SHAPE', `${name} has shape ${actual}, expected ${formatShape(shape)}`, {
      ...context(12),
      expected: formatShape(shape),
      actual,
    });
  }
  const offset = readU64(cursor, 'payload offset');
  const byteLength = readU64(cursor, 'payload length');
  const scaleOffset = readU64(cursor, 'scale offset');
  const blockSize = readU32(cursor, 'block size');
  if (readBytes(cursor, 4, 'reserved').some((byte) => byte !== 0)) {
    throw slmError('SLM1_TENSOR_RESERVED', `reserved bytes of ${name} are not zero`, context(60));
  }
  const encoding = readEncoding(dtype, blockSize, shape, name, at + 56);
  const size = encodedSize(encoding, shape, context(16));
  if (byteLength !== BigInt(size.payloadBytes)) {
    const message = `${name} has a payload of ${byteLength} bytes, expected ${size.payloadBytes}`;
    throw slmError('SLM1_TENSOR_LENGTH', message, { ...context(40), expected: size.payloadBytes, actual: byteLength });
  }
  if (offset % BigInt(PAYLOAD_ALIGNMENT) !== 0n) {
    const message = `${name} starts at ${offset}, no multiple of ${PAYLOAD_ALIGNMENT}`;
    throw slmError('SLM1_TENSOR_ALIGNMENT', message, { ...context(32), actual: offset });
  }
  if (offset < BigInt(dataOffset) || offset + byteLength > BigInt(fileByteLength)) {
    const message = `${name} lies at ${offset}, outside of the data (${dataOffset} to ${fileByteLength})`;
    throw slmError('SLM1_TENSOR_RANGE', message, { ...context(32), limit: fileByteLength, actual: offset });
  }
  const placed = placeTensor({ name, encoding, shape }, Number(offset));
  if (scaleOffset !== BigInt(placed.scaleOffset)) {
    const message = `the scales of ${name} are at ${scaleOffset}, expected at ${placed.scaleOffset}`;
    throw slmError('SLM1_SCALE_PLACE', message, { ...context(48), expected: placed.scaleOffset, actual: scaleOffset });
  }
  if (tensorEnd(placed) > fileByteLength) {
    const message = `the scales of ${name} end at ${tensorEnd(placed)}, the file has ${fileByteLength} bytes`;
    throw slmError('SLM1_TENSOR_RANGE', message, { ...context(48), limit: fileByteLength, actual: tensorEnd(placed) });
  }
  return { ...placed, hash };
}

function readEncoding(
  dtype: DTypeName,
  blockSize: number,
  shape: Shape,
  tensor: string,
  offset: number,
): TensorEncoding {
  const columns = rowLength(shape);
  const valid =
    dtype === 'q8'
      ? blockSize === columns
      : dtype === 'q4'
        ? blockSize > 0 && blockSize % 2 === 0 && columns % blockSize === 0
        : blockSize === 0;
  if (valid) return { dtype, blockSize, scaleType: 'f32' };
  const rule = dtype === 'q8' ? `${columns}` : dtype === 'q4' ? `even, a divisor of ${columns}` : '0';
  const message = `${tensor} (${dtype}) has block size ${blockSize}, expected ${rule}`;
  throw slmError('SLM1_TENSOR_BLOCK', message, { offset, tensor, expected: rule, actual: blockSize });
}

/** Every byte of the data belongs to one tensor or to the padding before the next multiple of 64. */
function checkCover(tensors: readonly PlacedTensor[], dataOffset: number, fileByteLength: number): void {
  let before = { name: 'the directory', end: dataOffset };
  for (const tensor of [...tensors].sort((a, b) => a.offset - b.offset)) {
    const { name, offset } = tensor;
    if (offset < before.end) {
      const message = `${name} starts at ${offset}, but ${before.name} ends at ${before.end}`;
      throw slmError('SLM1_TENSOR_OVERLAP', message, { offset, tensor: name, expected: before.end, actual: offset });
    }
    checkGap(before, offset);
    before = { name, end: tensorEnd(tensor) };
  }
  checkGap(before, fileByteLength);
}

function checkGap(before: { readonly name: string; readonly end: number }, next: number): void {
  const padding = next - before.end;
  if (padding < PAYLOAD_ALIGNMENT && next % PAYLOAD_ALIGNMENT === 0) return;
  const message = `${padding} bytes behind ${before.name} belong to nothing`;
  throw slmError('SLM1_TENSOR_GAP', message, { offset: before.end, limit: PAYLOAD_ALIGNMENT - 1, actual: padding });
}

/** The directory's bytes, in the order given. */
export function writeSlm1Directory(tensors: readonly Slm1Tensor[]): Uint8Array {
  const bytes = new Uint8Array(tensors.length * SLM1_ENTRY_BYTES);
  for (const [index, tensor] of tensors.entries()) {
    const view = new DataView(bytes.buffer, index * SLM1_ENTRY_BYTES, SLM1_ENTRY_BYTES);
    view.setBigUint64(0, tensor.hash, true);
    const { dtype, blockSize } = tensor.encoding;
    view.setUint32(8, dtype === 'f32' ? 1 : dtype === 'q8' ? 2 : 3, true);
    view.setUint32(12, tensor.shape.length, true);
    for (const [at, dim] of tensor.shape.entries()) view.setUint32(16 + 4 * at, dim, true);
    view.setBigUint64(32, BigInt(tensor.offset), true);
    view.setBigUint64(40, BigInt(tensor.byteLength), true);
    view.setBigUint64(48, BigInt(tensor.scaleOffset), true);
    view.setUint32(56, blockSize, true);
  }
  return bytes;
}
