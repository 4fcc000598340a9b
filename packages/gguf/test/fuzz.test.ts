import { isMirustError, type MirustError } from '@mirust/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type GgufFile, readGguf } from '../src/index.ts';
import { array, buildGguf, bytes, concat, type FileSpec, f32, GOOD, TYPE, text, u32, u64 } from './_build.ts';
import { watchedSource } from './_source.ts';

/** Reads from a watched source. Anything but success or a typed error fails the test. */
async function read(file: Uint8Array): Promise<GgufFile | MirustError> {
  const source = watchedSource(file);
  const result = await readGguf(source).catch((error: unknown) => {
    if (isMirustError(error)) return error;
    throw error;
  });
  // Every byte at most once: nothing is read twice, and so nothing is allocated beyond the file's own size.
  expect(source.requestedBytes()).toBeLessThanOrEqual(file.length);
  if (isMirustError(result)) {
    expect(result.offset, `${result.code} names an offset`).toBeDefined();
    expect(Number(result.offset)).toBeLessThanOrEqual(file.length);
  } else checkResult(result, file.length);
  return result;
}

/** What must hold for any accepted file. */
function checkResult(file: GgufFile, byteLength: number): void {
  let end = file.dataOffset;
  for (const { offset, byteLength: size } of [...file.tensors].sort((a, b) => a.offset - b.offset)) {
    expect(offset % file.alignment).toBe(file.dataOffset % file.alignment);
    expect(offset).toBeGreaterThanOrEqual(end);
    expect(offset - end).toBeLessThan(file.alignment);
    expect(size).toBeGreaterThan(0);
    end = offset + size;
  }
  if (file.tensors.length > 0) expect(end).toBeLessThanOrEqual(byteLength);
  expect(file.tensorsByName.size).toBe(file.tensors.length);
}

/** Numbers at which readers go wrong. */
const NASTY = [
  0n,
  1n,
  2n,
  3n,
  4n,
  5n,
  8n,
  9n,
  12n,
  13n,
  31n,
  32n,
  33n,
  255n,
  256n,
  9999n,
  65_535n,
  65_536n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 40n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 61n + 1n,
  2n ** 62n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 32n,
  2n ** 64n - 3n,
  2n ** 64n - 1n,
];
const nasty = fc.constantFrom(...NASTY);
const nasty32 = nasty.map((value) => Number(value % 2n ** 32n));

const scalar = fc.constantFrom(
  [TYPE.uint8, bytes(7)],
  [TYPE.int16, bytes(7, 0)],
  [TYPE.float32, f32(0.1)],
  [TYPE.bool, bytes(1)],
  [TYPE.bool, bytes(2)],
  [TYPE.string, text('a ☃')],
  [TYPE.string, text(bytes(0xff))],
  [TYPE.uint64, u64(2n ** 64n - 1n)],
  [13, u64(0)],
) as fc.Arbitrary<[number, Uint8Array]>;

const stringArray = fc
  .array(fc.string({ unit: 'grapheme', maxLength: 6 }), { maxLength: 6 })
  .chain((values) => fc.option(nasty, { nil: BigInt(values.length), freq: 6 }).map((count) => ({ values, count })))
  .map(({ values, count }): [number, Uint8Array] => [TYPE.array, array(TYPE.string, count, ...values.map(text))]);

const numberArray = fc
  .tuple(fc.constantFrom(0, 3, 6, 7, 9, 10, 12, 13), fc.uint8Array({ maxLength: 48 }), nasty)
  .map(([type, data, count]): [number, Uint8Array] => [TYPE.array, concat(array(type, count), data)]);

const key = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 8 }) },
  fc.constantFrom('', '__proto__', 'general.architecture', 'general.alignment'),
);

const metadata = fc.array(
  fc
    .tuple(key, fc.oneof({ weight: 4, arbitrary: scalar }, stringArray, numberArray))
    .map(([name, [type, value]]): [string, number, Uint8Array] => [name, type, value]),
  { maxLength: 5 },
);

const tensor = fc.record({
  name: fc.oneof({ weight: 4, arbitrary: fc.string({ minLength: 1, maxLength: 8 }) }, fc.constantFrom('', 'same')),
  dims: fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(1n, 2n, 4n, 32n, 256n) }, nasty), { maxLength: 5 }),
  type: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(0, 1, 2, 8, 12, 30) }, nasty32),
  offset: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(0n, 32n, 64n, 128n, 1024n) }, nasty),
});

const spec: fc.Arbitrary<FileSpec> = fc.record(
  {
    version: fc.constantFrom(2, 3, 3, 3),
    tensorCount: nasty,
    metadataCount: nasty,
    metadata,
    tensors: fc.array(tensor, { maxLength: 4 }),
    dataByteLength: fc.constantFrom(0, 1, 96, 4096),
  },
  { requiredKeys: ['metadata', 'tensors', 'dataByteLength'] },
);

test('files made of right and wrong parts', async () => {
  await fc.assert(
    fc.asyncProperty(spec, async (parts) => {
      await read(buildGguf(parts));
    }),
    { numRuns: 2000 },
  );
});

test('a good file, damaged', async () => {
  const good = buildGguf(GOOD);
  const seen = new Set<string>();
  const position = fc.nat(good.length - 1);
  const damage = fc.oneof(
    fc.record({ at: position, part: nasty.map(u64) }),
    fc.record({ at: position, part: nasty32.map(u32) }),
    fc.record({ at: position, part: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(damage, { minLength: 1, maxLength: 3 }),
      fc.option(fc.nat(good.length), { nil: good.length, freq: 3 }),
      async (damages, length) => {
        const file = new Uint8Array(good);
        for (const { at, part } of damages) file.set(part.subarray(0, file.length - at), at);
        const result = await read(file.subarray(0, length));
        seen.add(isMirustError(result) ? result.code : 'ok');
      },
    ),
    { numRuns: 3000 },
  );
  // The damage reaches deep: not every file dies at the same check.
  expect(seen.size).toBeGreaterThan(8);
});

test('a good file is read', async () => {
  expect(isMirustError(await read(buildGguf(GOOD)))).toBe(false);
});

test('random well-formed files are read, and come back as they were written', async () => {
  const names = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }), { maxLength: 6 });
  const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(names, fc.infiniteStream(shapes), async (unique, stream) => {
      let end = 0;
      const tensors = unique.map((name) => {
        const dims = stream.next().value as number[];
        const offset = Math.ceil(end / 32) * 32;
        end = offset + 4 * dims.reduce((product, one) => product * one, 1);
        return { name, dims, type: 0, offset };
      });
      const entries = unique.map((name): [string, number, Uint8Array] => [name, TYPE.string, text(name)]);
      const result = await read(buildGguf({ metadata: entries, tensors, dataByteLength: end }));
      if (isMirustError(result)) throw result;
      expect(result.warnings).toEqual([]);
      expect(result.tensors.map(({ name, shape }) => [name, shape])).toEqual(
        tensors.map(({ name, dims }) => [name, [...dims].reverse()]),
      );
      expect([...result.metadata.keys()]).toEqual(unique);
    }),
  );
});
