/**
 * As much of the protocol buffer wire format as a SentencePiece model needs: fields one after the other, each a tag
 * (number and wire type) and a value. Groups are refused, they have not been written for many years. Source: the
 * encoding chapter of protobuf.dev.
 */
import {
  type ByteCursor,
  cursorOffset,
  readBytes,
  readF32,
  readF64,
  readU8,
  remainingBytes,
  toSafeNumber,
} from '@mirust/core';
import { tokenizerError } from './errors.ts';

/** One field. `offset` is where its value starts in the file. */
export type ProtobufField = { readonly number: number; readonly offset: number } & (
  | { readonly wire: 'varint'; readonly value: bigint }
  | { readonly wire: 'bytes'; readonly value: Uint8Array }
  | { readonly wire: 'fixed32' | 'fixed64'; readonly value: number }
);

/** Bytes of the longest varint: 64 bits, seven in each. */
const MAX_VARINT_BYTES = 10;

/** Reads the next field; the cursor must not be at its end. Throws `SENTENCEPIECE_INVALID` and `TRUNCATED`. */
export function readField(cursor: ByteCursor): ProtobufField {
  const start = cursorOffset(cursor);
  const tag = toSafeNumber(readVarint(cursor), 'tag', { offset: start });
  const number = Math.floor(tag / 8);
  if (number < 1 || number > 2 ** 29 - 1) throw invalid(start, `there is no field ${number}`);
  const offset = cursorOffset(cursor);
  switch (tag % 8) {
    case 0:
      return { number, offset, wire: 'varint', value: readVarint(cursor) };
    case 1:
      return { number, offset, wire: 'fixed64', value: readF64(cursor, 'field') };
    case 2: {
      const byteLength = toSafeNumber(readVarint(cursor), 'field length', { offset });
      const valueOffset = cursorOffset(cursor);
      return { number, offset: valueOffset, wire: 'bytes', value: readBytes(cursor, byteLength, `field ${number}`) };
    }
    case 5:
      return { number, offset, wire: 'fixed32', value: readF32(cursor, 'field') };
    default:
      throw invalid(start, `field ${number} has the wire type ${tag % 8}`);
  }
}

/** A varint of up to 64 bits as an unsigned value. */
function readVarint(cursor: ByteCursor): bigint {
  const start = cursorOffset(cursor);
  let low = 0;
  let value = 0n;
  for (let index = 0; index < MAX_VARINT_BYTES; index++) {
    const byte = readU8(cursor, 'varint');
    // Nearly all are short: four bytes fit a number.
    if (index < 4) low += (byte & 0x7f) * 2 ** (7 * index);
    else value += BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return BigInt.asUintN(64, value + BigInt(low));
  }
  throw invalid(start, 'a varint has more than ten bytes');
}

/** Whether a message goes on. */
export function hasField(cursor: ByteCursor): boolean {
  return remainingBytes(cursor) > 0;
}

function invalid(offset: number, message: string): Error {
  return tokenizerError('SENTENCEPIECE_INVALID', message, { offset });
}
