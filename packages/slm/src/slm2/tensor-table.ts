/** The TENS section: reading with every rule, and writing. */
import {
  type ByteCursor,
  canInterleave,
  createCursor,
  encodingBlockElements,
  formatEncoding,
  formatShape,
  readBytes,
  readU8,
  readU16,
  readU32,
  readU64,
  rowLength,
  rowMajorEncoding,
  type Shape,
  sanitizeText,
  type TensorEncoding,
} from '@mirust/core';
import { fromHex, toHex } from '@mirust/integrity';
import { placeTensor, placeTensors, tensorEnd } from '../_place.ts';
import { slmError } from '../errors.ts';
import { PAYLOAD_ALIGNMENT, type PlacedTensor, type TensorDescription } from '../tensor.ts';
import { SLM2_ALIAS_IDS, slm2DType, slm2DTypeId } from './dtype-ids.ts';
import { SLM2_MAX_NAME_BYTES, SLM2_MAX_TENSORS, SLM2_TENSOR_ENTRY_BYTES } from './format.ts';

/** Names that a tensor may have. */
const NAME: RegExp = /^[!-~]+$/;
/** Top bit of the block size: the scales are f16. */
const F16_SCALES: number = 2 ** 31;
/** Layout of rows one behind the other. */
const ROW_MAJOR = 0;
/** Layout of rows interleaved by 8. */
const INTERLEAVED = 1;

/** A tensor as TENS describes it. */
export interface TensorTableEntry extends PlacedTensor {
  readonly sha256: string;
}

/** Where TENS and DATA lie. */
export interface TablePlaces {
  readonly tableOffset: number;
  readonly dataOffset: number;
  readonly dataByteLength: number;
}

/** Reads TENS. Throws the `SLM2_TENSOR_…` codes, and `SLM2_DATA_LENGTH` where the tensors do not cover DATA. */
export function parseTensorTable(bytes: Uint8Array, places: TablePlaces): TensorTableEntry[] {
  const { tableOffset, dataOffset, dataByteLength } = places;
  const cursor = createCursor(bytes, tableOffset);
  const bad = (message: string, offset: number): Error => slmError('SLM2_TENSOR_TABLE', message, { offset });
  if (bytes.byteLength < SLM2_TENSOR_ENTRY_BYTES) throw bad('TENS is shorter than one entry', tableOffset);
  // The names start behind the last entry, so the first name's offset tells how many entries there are.
  const namesStart = cursor.view.getUint32(0, true);
  if (namesStart === 0 || namesStart % SLM2_TENSOR_ENTRY_BYTES !== 0 || namesStart > bytes.byteLength) {
    throw bad(`the names of TENS start at ${namesStart}`, tableOffset);
  }
  const count = namesStart / SLM2_TENSOR_ENTRY_BYTES;
  if (count > SLM2_MAX_TENSORS) throw bad(`${count} tensors, at most ${SLM2_MAX_TENSORS} are allowed`, tableOffset);
  const entries: TensorTableEntry[] = [];
  let nameOffset = namesStart;
  let end = dataOffset;
  while (cursor.position < namesStart) {
    const at = tableOffset + cursor.position;
    const statedOffset = readU32(cursor, 'name offset');
    const nameByteLength = readU32(cursor, 'name length');
    if (statedOffset !== nameOffset || nameByteLength > bytes.byteLength - nameOffset) {
      throw bad(`entry ${entries.length}: ${nameByteLength} bytes of name at ${statedOffset}`, at);
    }
    const name = readName(bytes.subarray(nameOffset, nameOffset + nameByteLength), tableOffset + nameOffset);
    const previous = entries.at(-1)?.name;
    if (previous !== undefined && name <= previous) {
      const message = name === previous ? `${name} is there twice` : `${name} stands behind ${previous}`;
      throw slmError('SLM2_TENSOR_ORDER', message, { offset: at, tensor: name });
    }
    const entry = readEntry(cursor, name, end, at);
    entries.push(entry);
    nameOffset += nameByteLength;
    end = tensorEnd(entry);
  }
  if (nameOffset !== bytes.byteLength) {
    throw bad(`${bytes.byteLength - nameOffset} bytes behind the last name`, tableOffset + nameOffset);
  }
  const dataEnd = dataOffset + dataByteLength;
  const expected = Math.ceil(end / PAYLOAD_ALIGNMENT) * PAYLOAD_ALIGNMENT;
  if (dataEnd !== expected) {
    const message = `the tensors end at ${expected}, DATA at ${dataEnd}`;
    throw slmError('SLM2_DATA_LENGTH', message, { offset: dataOffset, expected, actual: dataEnd });
  }
  return entries;
}

function readName(bytes: Uint8Array, offset: number): string {
  const text = String.fromCharCode(...bytes.subarray(0, SLM2_MAX_NAME_BYTES + 1));
  if (bytes.byteLength <= SLM2_MAX_NAME_BYTES && NAME.test(text)) return text;
  throw slmError('SLM2_TENSOR_NAME', `a tensor is called "${sanitizeText(text)}" (${bytes.byteLength} bytes)`, {
    offset,
    limit: SLM2_MAX_NAME_BYTES,
    actual: bytes.byteLength,
  });
}

function readEntry(cursor: ByteCursor, name: string, end: number, at: number): TensorTableEntry {
  const context = (field: number): { offset: number; tensor: string } => ({ offset: at + field, tensor: name });
  const dtypeId = readU16(cursor, 'dtype');
  const rank = readU8(cursor, 'rank');
  const layout = readU8(cursor, 'layout');
  const block = readU32(cursor, 'block size');
  const dims = [0, 1, 2, 3].map(() => readU64(cursor, 'dimension'));
  const stated = [0, 1, 2, 3].map(() => readU64(cursor, 'offset or length'));
  const sha256 = toHex(readBytes(cursor, 32, 'tensor digest'));
  if (readBytes(cursor, 16, 'reserved').some((byte) => byte !== 0)) {
    throw slmError('SLM2_TENSOR_RESERVED', `reserved bytes of ${name} are not zero`, context(112));
  }
  if (layout !== ROW_MAJOR && layout !== INTERLEAVED) {
    const message = `${name} has layout ${layout}, which is reserved`;
    throw slmError('SLM2_TENSOR_LAYOUT', message, { ...context(11), limit: INTERLEAVED, actual: layout });
  }
  const dtype = slm2DType(dtypeId);
  if (dtype === undefined) {
    const alias = SLM2_ALIAS_IDS.includes(dtypeId) ? ', a second id of a type that has its own' : '';
    throw slmError('SLM2_TENSOR_DTYPE', `${name} has storage type ${dtypeId}${alias}`, {
      ...context(8),
      actual: dtypeId,
    });
  }
  const shape = readShape(dims, rank, name, at);
  const encoding: TensorEncoding = {
    dtype,
    blockSize: block % F16_SCALES,
    scaleType: block >= F16_SCALES ? 'f16' : 'f32',
    ...(layout === INTERLEAVED ? { layout: 'interleaved' } : {}),
  };
  checkBlock(encoding, shape, name, at);
  if (layout === INTERLEAVED && !canInterleave(encoding, shape)) {
    const what = `${name}, ${formatShape(shape)} in ${formatEncoding(rowMajorEncoding(encoding))}`;
    const places = { ...context(11), expected: ROW_MAJOR, actual: layout };
    throw slmError('SLM2_TENSOR_INTERLEAVED', `${what}, cannot have interleaved rows`, places);
  }
  const placed = placeTensor({ name, encoding, shape }, end);
  const expected = [placed.offset, placed.byteLength, placed.scaleOffset, placed.scaleByteLength];
  const fields = ['payload offset', 'payload length', 'scale offset', 'scale length'];
  for (const [index, field] of fields.entries()) {
    if (stated[index] === BigInt(expected[index] ?? 0)) continue;
    const message = `the ${field} of ${name} is ${stated[index]}, expected ${expected[index]}`;
    const actual = stated[index] ?? 0;
    throw slmError('SLM2_TENSOR_PLACE', message, {
      ...context(48 + 8 * index),
      expected: expected[index] ?? 0,
      actual,
    });
  }
  return { ...placed, sha256 };
}

function readShape(dims: readonly bigint[], rank: number, tensor: string, at: number): Shape {
  const used = dims.slice(0, rank);
  // Within 2^53 each, and their product too: only then are they numbers.
  const product = used.reduce((count, dim) => count * dim, 1n);
  const valid = rank >= 1 && rank <= dims.length && product >= 1n && product <= BigInt(Number.MAX_SAFE_INTEGER);
  if (valid && dims.slice(rank).every((dim) => dim === 0n)) return used.map(Number);
  const actual = `[${dims.join(', ')}], rank ${rank}`;
  throw slmError('SLM2_TENSOR_SHAPE', `${tensor} has dims ${actual}`, { offset: at + 10, tensor, actual });
}

function checkBlock(encoding: TensorEncoding, shape: Shape, tensor: string, at: number): void {
  const { dtype, blockSize, scaleType } = encoding;
  const columns = rowLength(shape);
  const scaled = dtype === 'q8' || dtype === 'q4';
  const size = dtype === 'q8' ? columns : dtype === 'q4' && blockSize >= 2 && blockSize % 2 === 0 ? blockSize : 0;
  const valid = blockSize === size && (dtype !== 'q4' || size > 0) && (scaled || scaleType === 'f32');
  if (valid && columns % encodingBlockElements(encoding) === 0) return;
  const message = `${tensor} (${dtype}, rows of ${columns}) has block size ${blockSize} with ${scaleType} scales`;
  throw slmError('SLM2_TENSOR_BLOCK', message, { offset: at + 12, tensor, actual: blockSize });
}

/** Sorts descriptions by name and gives them their places, which are those that {@link parseTensorTable} accepts. */
export function placeTensorTable(
  tensors: readonly TensorDescription[],
  dataOffset: number,
): { readonly tensors: readonly PlacedTensor[]; readonly end: number } {
  return placeTensors(
    [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1)),
    dataOffset,
  );
}

/** How long TENS is for these names. */
export function tensorTableByteLength(tensors: readonly TensorDescription[]): number {
  return tensors.reduce((sum, { name }) => sum + SLM2_TENSOR_ENTRY_BYTES + name.length, 0);
}

/** TENS' bytes, for tensors sorted by name. */
export function writeTensorTable(tensors: readonly TensorTableEntry[]): Uint8Array {
  const bytes = new Uint8Array(tensorTableByteLength(tensors));
  const ascii = new TextEncoder();
  let nameOffset = tensors.length * SLM2_TENSOR_ENTRY_BYTES;
  for (const [index, tensor] of tensors.entries()) {
    const at = index * SLM2_TENSOR_ENTRY_BYTES;
    const view = new DataView(bytes.buffer, at, SLM2_TENSOR_ENTRY_BYTES);
    const { dtype, blockSize, scaleType } = tensor.encoding;
    view.setUint32(0, nameOffset, true);
    view.setUint32(4, tensor.name.length, true);
    view.setUint16(8, slm2DTypeId(dtype) ?? 0, true);
    view.setUint8(10, tensor.shape.length);
    view.setUint8(11, tensor.encoding.layout === 'interleaved' ? INTERLEAVED : ROW_MAJOR);
    view.setUint32(12, scaleType === 'f16' ? blockSize + F16_SCALES : blockSize, true);
    for (const [axis, dim] of tensor.shape.entries()) view.setBigUint64(16 + 8 * axis, BigInt(dim), true);
    const places = [tensor.offset, tensor.byteLength, tensor.scaleOffset, tensor.scaleByteLength];
    for (const [field, value] of places.entries()) view.setBigUint64(48 + 8 * field, BigInt(value), true);
    bytes.set(fromHex(tensor.sha256), at + 80);
    bytes.set(ascii.encode(tensor.name), nameOffset);
    nameOffset += tensor.name.length;
  }
  return bytes;
}
