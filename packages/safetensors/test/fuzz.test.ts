import { isMirustError, type MirustError } from '@mirust/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSafetensors, readSafetensorsIndex, type SafetensorsFile } from '../src/index.ts';
import { buildFile, buildSafetensors } from './_build.ts';
import { watchedSource } from './_source.ts';

/** Reads from a watched source. Anything but success or a typed error fails the test. */
async function read(file: Uint8Array): Promise<SafetensorsFile | MirustError> {
  const source = watchedSource(file);
  const result = await readSafetensors(source).catch((error: unknown) => {
    if (isMirustError(error)) return error;
    throw error;
  });
  // Every byte at most once: nothing is read twice, and so nothing is allocated beyond the file's own size.
  expect(source.requestedBytes()).toBeLessThanOrEqual(file.length);
  if (isMirustError(result)) {
    expect(result.offset, `${result.code} names an offset`).toBeDefined();
    expect(Number(result.offset)).toBeLessThanOrEqual(file.length);
  } else {
    // Exact cover: every byte behind the header belongs to one tensor.
    let end = result.dataOffset;
    for (const { offset, byteLength } of result.tensors) {
      expect(offset).toBe(end);
      end += byteLength;
    }
    expect(end).toBe(file.length);
    expect(result.tensorsByName.size).toBe(result.tensors.length);
  }
  return result;
}

const NASTY_NUMBERS = [
  '0',
  '1',
  '2',
  '4',
  '8',
  '-1',
  '-0',
  '0.5',
  '1e0',
  '1e400',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551615',
];
const number = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('0', '1', '2', '4', '8') },
  fc.constantFrom(...NASTY_NUMBERS),
);
const list = (maxLength: number): fc.Arbitrary<string> => fc.array(number, { maxLength }).map((items) => `[${items}]`);
const field = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('"U8"', '"F32"', '"BF16"') },
  fc.constantFrom('"F4"', '"Q4_0"', 'null', '{}', '[[]]', '"\\ud800"', '0'),
);
const name = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 6 }) },
  fc.constantFrom('', '__metadata__', '__proto__'),
);

const entry = fc
  .record({
    dtype: field,
    shape: list(4),
    data_offsets: list(3),
    more: fc.constantFrom('', '', '', ',"x":1', ',"dtype":"U8"'),
  })
  .map(
    ({ dtype, shape, data_offsets, more }) =>
      `{"dtype":${dtype},"shape":${shape},"data_offsets":${data_offsets}${more}}`,
  );

test('files made of right and wrong parts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(name, fc.oneof({ weight: 8, arbitrary: entry }, fc.constantFrom('1', '[]', '{"a":"b"}')))),
      fc.constantFrom('', ' ', '\0', '{}'),
      fc.nat(32),
      async (entries, tail, dataByteLength) => {
        const header = `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}${tail}`;
        await read(buildFile(header, dataByteLength));
      },
    ),
    { numRuns: 3000 },
  );
});

const GOOD = buildSafetensors(
  {
    __metadata__: { format: 'pt' },
    a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
    b: { dtype: 'BF16', shape: [3], data_offsets: [16, 22] },
    c: { dtype: 'U8', shape: [0], data_offsets: [22, 22] },
  },
  22,
);

test('a good file, damaged', async () => {
  expect(isMirustError(await read(GOOD))).toBe(false);
  const seen = new Set<string>();
  const text = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '0', '9', '-', '.', 'e', ' ', 'a', '\n');
  const damage = fc.record({
    at: fc.nat(GOOD.length - 1),
    part: fc.oneof(
      { weight: 3, arbitrary: text.map((character) => new TextEncoder().encode(character)) },
      fc.uint8Array({ minLength: 1, maxLength: 8 }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(damage, { minLength: 1, maxLength: 2 }),
      fc.option(fc.nat(GOOD.length), { nil: GOOD.length, freq: 4 }),
      async (damages, length) => {
        const file = new Uint8Array(GOOD);
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

test('random well-formed files are read, and come back as they were written', async () => {
  const names = fc.uniqueArray(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }).filter((one) => one !== '__metadata__'),
    { maxLength: 8 },
  );
  const shape = fc.array(fc.nat(5), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(names, fc.infiniteStream(shape), async (unique, shapes) => {
      let end = 0;
      const entries = unique.map((key) => {
        const dims = shapes.next().value as number[];
        const begin = end;
        end += 2 * dims.reduce((product, one) => product * one, 1);
        return [key, { dtype: 'F16', shape: dims, data_offsets: [begin, end] }] as const;
      });
      // The header may list them in any order.
      const header = `{${[...entries].reverse().map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`;
      const result = await read(buildFile(header, end));
      if (isMirustError(result)) throw result;
      expect(new Map(result.tensors.map((one) => [one.name, one.shape]))).toEqual(
        new Map(entries.map(([key, value]) => [key, value.shape])),
      );
    }),
  );
});

test('an index of right and wrong parts', () => {
  const file = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('m.safetensors', '../m.safetensors', 'm.bin'));
  const value = fc.oneof(
    { weight: 6, arbitrary: file.map((one) => JSON.stringify(one)) },
    fc.constantFrom('1', 'null', '{}'),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value)),
      fc.constantFrom('', ',"metadata":{}', ',"metadata":1'),
      (entries, more) => {
        const map = entries.map(([key, one]) => `${JSON.stringify(key)}:${one}`).join(',');
        try {
          const { files } = readSafetensorsIndex(`{"weight_map":{${map}}${more}}`);
          for (const one of files) expect(one).toMatch(/^[A-Za-z0-9._-]+\.safetensors$/);
        } catch (error) {
          if (!isMirustError(error)) throw error;
          expect(error.offset).toBeDefined();
        }
      },
    ),
  );
});
