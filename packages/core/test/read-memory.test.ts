/** Memory for reads is memory as any other. */
import { expect, it } from 'vitest';
import { createReadMemory, createSharedReadMemory } from '../src/index.ts';

it.each([createReadMemory, createSharedReadMemory])('%o: as long as asked for, and zero', (create) => {
  for (const byteLength of [0, 1, 4096, 2 ** 20]) {
    const bytes = create(byteLength);
    expect(bytes.byteLength).toBe(byteLength);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    // Words of every size may be laid over it.
    expect(bytes.byteOffset % 16).toBe(0);
  }
  expect(() => create(-1000)).toThrow(RangeError);
});

it('is shared or not', () => {
  expect(createReadMemory(1).buffer).toBeInstanceOf(ArrayBuffer);
  expect(createSharedReadMemory(1).buffer).toBeInstanceOf(SharedArrayBuffer);
});
