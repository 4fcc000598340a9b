import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ByteCursor,
  createCursor,
  cursorOffset,
  readBytes,
  readF32,
  readF64,
  readI8,
  readI16,
  readI32,
  readI64,
  readSafeU64,
  readU8,
  readU16,
  readU32,
  readU64,
  readUtf8,
  remainingBytes,
} from '../src/index.ts';

const READERS: readonly [string, number, (cursor: ByteCursor, what: string) => unknown][] = [
  ['readU8', 1, readU8],
  ['readI8', 1, readI8],
  ['readU16', 2, readU16],
  ['readI16', 2, readI16],
  ['readU32', 4, readU32],
  ['readI32', 4, readI32],
  ['readF32', 4, readF32],
  ['readF64', 8, readF64],
  ['readI64', 8, readI64],
  ['readU64', 8, readU64],
  ['readSafeU64', 8, readSafeU64],
];

describe.each(READERS)('%s', (_, byteLength, read) => {
  it('moves by its width and stops at the end, naming the absolute offset', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.nat(10 ** 9), (before, short, baseOffset) => {
        const missing = Math.min(short, byteLength - 1);
        const cursor = createCursor(new Uint8Array(before + byteLength + missing), baseOffset);
        readBytes(cursor, before, 'bytes before');
        read(cursor, 'value');
        expect(cursorOffset(cursor)).toBe(baseOffset + before + byteLength);
        expect(remainingBytes(cursor)).toBe(missing);
        expect(() => read(cursor, 'next value')).toThrow(
          expect.objectContaining({
            code: 'TRUNCATED',
            message: expect.stringContaining('next value'),
            context: { offset: baseOffset + before + byteLength, expected: byteLength, actual: missing },
          }),
        );
        // A failed read leaves the cursor where it was.
        expect(remainingBytes(cursor)).toBe(missing);
      }),
    );
  });
});

it('reads little-endian, also from a view into a larger buffer', () => {
  const bytes = Uint8Array.of(0xaa, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0xff).subarray(1);
  expect(readU16(createCursor(bytes), 'x')).toBe(0x0201);
  expect(readU32(createCursor(bytes), 'x')).toBe(0x04030201);
  expect(readU64(createCursor(bytes), 'x')).toBe(0x0807060504030201n);
  expect(readI8(createCursor(bytes.subarray(8)), 'x')).toBe(-1);
});

it('a u64 keeps its bits; as a number it must be safe', () => {
  const bytes = new Uint8Array(8).fill(0xff);
  expect(readU64(createCursor(bytes), 'x')).toBe(2n ** 64n - 1n);
  expect(() => readSafeU64(createCursor(bytes, 77), 'tensor count')).toThrow(
    expect.objectContaining({ code: 'OVERFLOW', context: expect.objectContaining({ offset: 77 }) }),
  );
});

it('text is strict UTF-8', () => {
  const text = 'größe \ufeff日本 🙂';
  const bytes = new TextEncoder().encode(text);
  expect(readUtf8(createCursor(bytes), bytes.length, 'name')).toBe(text);
  for (const broken of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
    expect(() => readUtf8(createCursor(Uint8Array.from(broken), 5), broken.length, 'name')).toThrow(
      expect.objectContaining({ code: 'INVALID_UTF8', context: expect.objectContaining({ offset: 5 }) }),
    );
  }
});

it('bytes are a view, not a copy', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const view = readBytes(createCursor(bytes), 2, 'x');
  bytes[0] = 9;
  expect([...view]).toEqual([9, 2]);
});
