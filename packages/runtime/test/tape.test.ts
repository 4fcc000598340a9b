import { createLedger, isMirustError } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tape } from '../src/tape.ts';

const tape = (capacityBytes: number, address = 0, debug = false): Tape =>
  new Tape({ name: 't', memory: new ArrayBuffer(address + capacityBytes), address, capacityBytes, debug });

describe('tape', () => {
  it('three blocks of 1,000 bytes at alignment 64 need 3,048 bytes, not 3,000', () => {
    const t = tape(4096);
    for (const name of ['a', 'b', 'c']) t.take(1000, 64, name);
    expect(t.stat()).toEqual({
      name: 't',
      usedBytes: 3048,
      requestedBytes: 3000,
      paddingBytes: 48,
      highWaterBytes: 3048,
      capacityBytes: 4096,
    });
  });

  it('aligns addresses of the memory, not offsets into the region', () => {
    const t = tape(1000, 100);
    expect(t.take(10, 64, 'a').address).toBe(128);
    expect(t.take(10, 64, 'b').address).toBe(192);
  });

  it.each([0, 3, -1, 1.5, 2 ** 31, Number.NaN])('refuses an alignment of %s and changes nothing', (alignment) => {
    const t = tape(100);
    expect(() => t.take(1, alignment, 'a')).toThrow(RangeError);
    expect(t.stat().usedBytes).toBe(0);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a length of %s', (byteLength) => {
    expect(() => tape(100).take(byteLength, 1, 'a')).toThrow(RangeError);
  });

  it('a failed take leaves the head and says what was needed and what was free', () => {
    const t = tape(100);
    t.take(50, 1, 'a');
    try {
      t.take(40, 64, 'b');
      expect.unreachable();
    } catch (error) {
      if (!isMirustError(error, 'RUNTIME_TAPE_FULL')) throw error;
      expect(error.context).toMatchObject({ expected: 54, actual: 50, limit: 100 });
    }
    expect(t.stat().usedBytes).toBe(50);
    expect(t.take(50, 1, 'c').address).toBe(50);
  });

  it('rewinds to a mark and keeps the high water', () => {
    const t = tape(1000);
    t.take(10, 1, 'a');
    const mark = t.mark();
    t.take(500, 1, 'b');
    t.rewind(mark);
    expect(t.stat()).toMatchObject({ usedBytes: 10, requestedBytes: 10, highWaterBytes: 510 });
    t.clear();
    expect(t.stat()).toMatchObject({ usedBytes: 0, requestedBytes: 0, highWaterBytes: 510 });
    expect(() => t.rewind(mark)).toThrow(RangeError);
  });

  it('in debug mode a block that was taken before a clear throws afterwards', () => {
    const t = tape(100, 0, true);
    const block = t.take(10, 1, 'old');
    expect(block.bytes().byteLength).toBe(10);
    t.clear();
    expect(() => block.bytes()).toThrow(/old was used after/);
    expect(t.take(10, 1, 'new').bytes().byteLength).toBe(10);
  });

  it('wipes the whole region and nothing else', () => {
    const memory = new ArrayBuffer(30);
    new Uint8Array(memory).fill(7);
    new Tape({ name: 't', memory, address: 10, capacityBytes: 10 }).wipe();
    expect([...new Uint8Array(memory)]).toEqual([...Array(10).fill(7), ...Array(10).fill(0), ...Array(10).fill(7)]);
  });

  it('refuses a region that passes the end of its memory', () => {
    expect(() => new Tape({ name: 't', memory: new ArrayBuffer(10), address: 5, capacityBytes: 6 })).toThrow(
      RangeError,
    );
  });

  it('for random takes: blocks are aligned, in order, disjoint, and the counters add up', () => {
    const takes = fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 7 })));
    fc.assert(
      fc.property(takes, fc.integer({ min: 0, max: 64 }), (list, address) => {
        const t = tape(2000, address);
        let end = address;
        let requested = 0;
        for (const [byteLength, power] of list) {
          try {
            const block = t.take(byteLength, 2 ** power, 'x');
            expect(block.address % 2 ** power).toBe(0);
            expect(block.address).toBeGreaterThanOrEqual(end);
            end = block.address + byteLength;
            requested += byteLength;
          } catch (error) {
            if (!isMirustError(error, 'RUNTIME_TAPE_FULL')) throw error;
          }
        }
        expect(t.stat()).toMatchObject({ usedBytes: end - address, requestedBytes: requested });
        expect(t.stat().paddingBytes).toBe(end - address - requested);
      }),
    );
  });
});

describe('on a ledger', () => {
  it('every block is there until its tape is cleared or rewound past it', () => {
    const ledger = createLedger();
    const t = new Tape({ name: 'history', memory: new ArrayBuffer(100), address: 0, capacityBytes: 100, ledger });
    t.take(10, 1, 'kept');
    const mark = t.mark();
    t.take(20, 1, 'later');
    expect(() => t.take(1000, 1, 'too long')).toThrow();
    expect(ledger.open().map(({ name, bytes }) => [name, bytes])).toEqual([
      ['history/kept', 10],
      ['history/later', 20],
    ]);
    t.rewind(mark);
    expect(ledger.open().map(({ name }) => name)).toEqual(['history/kept']);
    t.clear();
    t.clear();
    expect(ledger.open()).toEqual([]);
  });
});
