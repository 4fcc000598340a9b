import { readFileSync } from 'node:fs';
import { isMirustError, memorySink, memorySource, readRange } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createGgufWriter,
  type GgufDescription,
  type GgufMetadata,
  type GgufTensorDescription,
  type GgufValue,
  layoutGguf,
  readGguf,
} from '../src/index.ts';

/** Writes a file whose tensors have these bytes. */
async function write(description: GgufDescription, data: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const layout = layoutGguf(description);
  const sink = memorySink(layout.byteLength);
  const writer = createGgufWriter(layout, sink);
  for (const [name, bytes] of data) await writer.writeTensor(name, 0, bytes);
  await writer.finish();
  await sink.commit();
  return sink.bytes();
}

/** Values without the places that a reader gives them. */
function plain(metadata: GgufMetadata): [string, GgufValue][] {
  return [...metadata].map(([key, { offset: _, ...value }]) => [key, value as GgufValue]);
}

const ORACLES = new URL('../../../fixtures/oracles/containers/', import.meta.url);

describe('writes what gguf-py writes, byte for byte', () => {
  test.for(['v3.gguf', 'v3-aligned-64.gguf', 'v3-vocabulary.gguf'])('%s', async (name) => {
    const expected = new Uint8Array(readFileSync(new URL(name, ORACLES)));
    const source = memorySource(expected);
    const { metadata, tensors } = await readGguf(source);
    const data = new Map<string, Uint8Array>();
    for (const { name: tensor, offset, byteLength } of tensors) {
      data.set(tensor, await readRange(source, offset, byteLength));
    }
    expect(await write({ metadata, tensors }, data)).toEqual(expected);
  });
});

const text = fc.string({ unit: 'binary', maxLength: 12 });
const anyFloat32 = fc.float().map(Math.fround);

const scalar: fc.Arbitrary<GgufValue> = fc.oneof(
  fc.integer({ min: 0, max: 255 }).map((value): GgufValue => ({ type: 'uint8', value })),
  fc.integer({ min: -128, max: 127 }).map((value): GgufValue => ({ type: 'int8', value })),
  fc.integer({ min: 0, max: 65_535 }).map((value): GgufValue => ({ type: 'uint16', value })),
  fc.integer({ min: -32_768, max: 32_767 }).map((value): GgufValue => ({ type: 'int16', value })),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((value): GgufValue => ({ type: 'uint32', value })),
  fc.integer().map((value): GgufValue => ({ type: 'int32', value })),
  anyFloat32.map((value): GgufValue => ({ type: 'float32', value })),
  fc.double().map((value): GgufValue => ({ type: 'float64', value })),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value): GgufValue => ({ type: 'uint64', value })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): GgufValue => ({ type: 'int64', value })),
  fc.boolean().map((value): GgufValue => ({ type: 'bool', value })),
  text.map((value): GgufValue => ({ type: 'string', value })),
);

const numbers = fc.oneof(
  fc.uint8Array().map((values): GgufValue => ({ type: 'array', elementType: 'uint8', values })),
  fc.int8Array().map((values): GgufValue => ({ type: 'array', elementType: 'int8', values })),
  fc.uint16Array().map((values): GgufValue => ({ type: 'array', elementType: 'uint16', values })),
  fc.int16Array().map((values): GgufValue => ({ type: 'array', elementType: 'int16', values })),
  fc.uint32Array().map((values): GgufValue => ({ type: 'array', elementType: 'uint32', values })),
  fc.int32Array().map((values): GgufValue => ({ type: 'array', elementType: 'int32', values })),
  fc.float32Array().map((values): GgufValue => ({ type: 'array', elementType: 'float32', values })),
  fc.float64Array().map((values): GgufValue => ({ type: 'array', elementType: 'float64', values })),
  fc.bigUint64Array().map((values): GgufValue => ({ type: 'array', elementType: 'uint64', values })),
  fc.bigInt64Array().map((values): GgufValue => ({ type: 'array', elementType: 'int64', values })),
);

const value: fc.Arbitrary<GgufValue> = fc.oneof(
  { weight: 3, arbitrary: scalar },
  { weight: 2, arbitrary: numbers },
  fc.array(text).map((values): GgufValue => ({ type: 'array', elementType: 'string', values })),
  fc.array(fc.boolean()).map((values): GgufValue => ({ type: 'array', elementType: 'bool', values })),
);

const metadata: fc.Arbitrary<Map<string, GgufValue>> = fc
  .tuple(
    fc.array(fc.tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), value), { maxLength: 8 }),
    fc.option(fc.constantFrom(8, 32, 64, 4096)),
  )
  .map(([entries, alignment]) => {
    const table = new Map<string, GgufValue>(entries);
    if (alignment !== null) table.set('general.alignment', { type: 'uint32', value: alignment });
    return table;
  });

const tensors: fc.Arbitrary<GgufTensorDescription[]> = fc.uniqueArray(
  fc
    .record({
      name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
      dtype: fc.constantFrom('f32', 'f16', 'i8', 'Q8_0', 'Q4_0'),
      outer: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    })
    .map(({ name, dtype, outer }): GgufTensorDescription => ({ name, dtype, shape: [...outer, 32] })),
  { selector: ({ name }) => name, maxLength: 5 },
);

test('what was written comes back, written in parts and in any order', async () => {
  await fc.assert(
    fc.asyncProperty(metadata, tensors, fc.infiniteStream(fc.nat()), async (table, descriptions, random) => {
      const next = (): number => random.next().value ?? 0;
      const layout = layoutGguf({ metadata: table, tensors: descriptions });
      const sink = memorySink(layout.byteLength);
      const writer = createGgufWriter(layout, sink);
      const data = layout.tensors.map(({ byteLength }) => Uint8Array.from({ length: byteLength }, next));
      const parts = layout.tensors.flatMap(({ name, byteLength }, index) => {
        const cut = next() % (byteLength + 1);
        return [
          { name, offset: 0, bytes: data[index]?.subarray(0, cut) ?? new Uint8Array() },
          { name, offset: cut, bytes: data[index]?.subarray(cut) ?? new Uint8Array() },
        ];
      });
      parts.sort(() => (next() % 2 === 0 ? 1 : -1));
      await Promise.all(parts.map(({ name, offset, bytes }) => writer.writeTensor(name, offset, bytes)));
      await writer.finish();
      await sink.commit();
      const source = memorySource(sink.bytes());
      const file = await readGguf(source);
      expect(file).toMatchObject({
        version: 3,
        alignment: layout.alignment,
        dataOffset: layout.dataOffset,
        warnings: [],
      });
      expect(plain(file.metadata)).toEqual([...table]);
      expect(file.tensors).toEqual(layout.tensors);
      expect(file.tensors).toMatchObject(descriptions);
      for (const [index, { offset, byteLength }] of file.tensors.entries()) {
        expect(await readRange(source, offset, byteLength)).toEqual(data[index]);
      }
    }),
  );
});

const ONE: GgufDescription = { metadata: new Map(), tensors: [{ name: 't', dtype: 'f32', shape: [2, 4] }] };

describe('a layout is refused', () => {
  const withValue = (entry: unknown): (() => unknown) => {
    return () => layoutGguf({ metadata: new Map([['k', entry as GgufValue]]), tensors: [] });
  };
  const withTensor = (tensor: Partial<Record<keyof GgufTensorDescription, unknown>>): (() => unknown) => {
    const description = { name: 't', dtype: 'f32', shape: [32], ...tensor } as GgufTensorDescription;
    return () => layoutGguf({ metadata: new Map(), tensors: [description] });
  };
  const withKey = (key: string): (() => unknown) => {
    return () => layoutGguf({ metadata: new Map([[key, { type: 'bool', value: true }]]), tensors: [] });
  };

  test.for([
    ['a uint8 of 256', { type: 'uint8', value: 256 }],
    ['a uint8 of -1', { type: 'uint8', value: -1 }],
    ['an int8 of -129', { type: 'int8', value: -129 }],
    ['a uint16 of 2^16', { type: 'uint16', value: 65_536 }],
    ['an int16 of 2^15', { type: 'int16', value: 32_768 }],
    ['a uint32 of 2^32', { type: 'uint32', value: 2 ** 32 }],
    ['an int32 of 2^31', { type: 'int32', value: 2 ** 31 }],
    ['a uint32 of 1.5', { type: 'uint32', value: 1.5 }],
    ['an int32 that is NaN', { type: 'int32', value: Number.NaN }],
    ['a uint64 of 2^64', { type: 'uint64', value: 2n ** 64n }],
    ['a uint64 of -1', { type: 'uint64', value: -1n }],
    ['an int64 of 2^63', { type: 'int64', value: 2n ** 63n }],
    ['a float32 of 1e39', { type: 'float32', value: 1e39 }],
    ['half a surrogate pair', { type: 'string', value: 'a\ud800' }],
    ['a token that is half a surrogate pair', { type: 'array', elementType: 'string', values: ['a', '\udc00'] }],
    ['a string longer than readers take', { type: 'string', value: 'x'.repeat(2 ** 26 + 1) }],
    ['an array longer than readers take', { type: 'array', elementType: 'uint8', values: new Uint8Array(2 ** 24 + 1) }],
  ] as const)('RangeError: %s', ([, entry]) => {
    expect(withValue(entry)).toThrow(RangeError);
  });

  test.for([
    ['a type that does not exist', { type: 'float16', value: 1 }],
    ['an element type that does not exist', { type: 'array', elementType: 'float16', values: [] }],
    ['an array of arrays', { type: 'array', elementType: 'array', values: [] }],
    ['a number as text', { type: 'uint32', value: '7' }],
    ['a bigint for a uint32', { type: 'uint32', value: 7n }],
    ['a number for a uint64', { type: 'uint64', value: 7 }],
    ['a number for a boolean', { type: 'bool', value: 1 }],
    ['a number for a string', { type: 'string', value: 7 }],
    ['elements of another width', { type: 'array', elementType: 'uint32', values: new Int32Array(1) }],
    ['elements in a plain array', { type: 'array', elementType: 'float32', values: [1] }],
  ] as const)('TypeError: %s', ([, entry]) => {
    expect(withValue(entry)).toThrow(TypeError);
  });

  test('RangeError: keys, names, shapes and types that the format cannot store', () => {
    expect(withKey('')).toThrow(RangeError);
    expect(withKey('k'.repeat(65_536))).toThrow(RangeError);
    expect(withKey('k'.repeat(65_535))).not.toThrow();
    expect(withTensor({ name: '' })).toThrow(RangeError);
    expect(withTensor({ name: 'n'.repeat(65) })).toThrow(RangeError);
    expect(withTensor({ name: 'ü'.repeat(33) })).toThrow(RangeError);
    expect(withTensor({ name: 'ü'.repeat(32) })).not.toThrow();
    for (const shape of [[], [1, 1, 1, 1, 32], [0, 32], [1.5, 32], [-32]])
      expect(withTensor({ shape })).toThrow(RangeError);
    for (const dtype of ['q8', 'q4', 'bool', 'f8_e4m3']) expect(withTensor({ dtype })).toThrow(RangeError);
    expect(() => layoutGguf({ ...ONE, tensors: [...ONE.tensors, ...ONE.tensors] })).toThrow(RangeError);
  });

  test('RangeError: counts and a header beyond what readers take', () => {
    const many = new Map(
      Array.from({ length: 65_537 }, (_, index) => [`${index}`, { type: 'bool', value: true } as const]),
    );
    expect(() => layoutGguf({ metadata: many, tensors: [] })).toThrow(RangeError);
    const tensors = Array.from(
      { length: 2 ** 18 + 1 },
      (_, index) => ({ name: `${index}`, dtype: 'i8', shape: [1] }) as const,
    );
    expect(() => layoutGguf({ metadata: new Map(), tensors })).toThrow(RangeError);
    const long = { type: 'string', value: 'x'.repeat(2 ** 26) } as const;
    expect(() =>
      layoutGguf({
        metadata: new Map([
          ['a', long],
          ['b', long],
        ]),
        tensors: [],
      }),
    ).toThrow(RangeError);
  });

  test('typed errors: sizes and alignments as a reader would name them', () => {
    const code = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        if (isMirustError(error)) return error.code;
      }
      return 'none';
    };
    const aligned = (entry: GgufValue): (() => unknown) => {
      return () => layoutGguf({ metadata: new Map([['general.alignment', entry]]), tensors: [] });
    };
    expect(code(withTensor({ dtype: 'Q4_0', shape: [32, 33] }))).toBe('BLOCK_MISMATCH');
    expect(code(withTensor({ shape: [2 ** 30, 2 ** 30] }))).toBe('OVERFLOW');
    expect(code(aligned({ type: 'uint32', value: 48 }))).toBe('GGUF_ALIGNMENT');
    expect(code(aligned({ type: 'string', value: '32' }))).toBe('GGUF_KEY_TYPE');
    expect(code(aligned({ type: 'int32', value: -32 }))).toBe('GGUF_KEY_RANGE');
  });
});

describe('a writer', () => {
  const open = () => {
    const layout = layoutGguf(ONE);
    const sink = memorySink(layout.byteLength);
    return { sink, writer: createGgufWriter(layout, sink) };
  };

  test('wants a sink of the right length', () => {
    expect(() => createGgufWriter(layoutGguf(ONE), memorySink(7))).toThrow(RangeError);
  });

  test('refuses parts that are no part of a tensor', async () => {
    const { writer } = open();
    await expect(writer.writeTensor('u', 0, new Uint8Array(1))).rejects.toThrow(RangeError);
    for (const [offset, byteLength] of [
      [0, 33],
      [32, 1],
      [-1, 1],
      [0.5, 1],
    ] as const) {
      await expect(writer.writeTensor('t', offset, new Uint8Array(byteLength))).rejects.toThrow(RangeError);
    }
  });

  test.for([
    ['nothing written', [], 'byte 0 of tensor t was never written'],
    [
      'a hole',
      [
        [0, 8],
        [9, 23],
      ],
      'byte 8 of tensor t was never written',
    ],
    ['the end missing', [[0, 31]], 'byte 31 of tensor t was never written'],
    [
      'a byte twice',
      [
        [0, 20],
        [19, 13],
      ],
      'byte 19 of tensor t was written twice',
    ],
    [
      'a part twice',
      [
        [0, 32],
        [8, 8],
      ],
      'byte 8 of tensor t was written twice',
    ],
  ] as const)('does not finish with %s', async ([, parts, message]) => {
    const { writer, sink } = open();
    for (const [offset, byteLength] of parts) await writer.writeTensor('t', offset, new Uint8Array(byteLength).fill(1));
    await expect(writer.finish()).rejects.toThrow(message);
    const magic = new Uint8Array(4);
    await sink.read(0, magic);
    expect(magic).toEqual(new Uint8Array(4));
  });

  test('empty parts change nothing', async () => {
    const { writer } = open();
    for (const [offset, byteLength] of [
      [8, 0],
      [0, 32],
      [32, 0],
      [0, 0],
    ] as const) {
      await writer.writeTensor('t', offset, new Uint8Array(byteLength));
    }
    await writer.finish();
  });

  test('does not finish while a part is under way or after one has failed', async () => {
    const layout = layoutGguf(ONE);
    const failing = { ...memorySink(layout.byteLength), write: () => Promise.reject(new Error('the disk is gone')) };
    const writer = createGgufWriter(layout, failing);
    const part = writer.writeTensor('t', 0, new Uint8Array(32));
    await expect(writer.finish()).rejects.toThrow('still being written');
    await expect(part).rejects.toThrow('the disk is gone');
    await expect(writer.finish()).rejects.toThrow('byte 0 of tensor t was never written');
  });
});
