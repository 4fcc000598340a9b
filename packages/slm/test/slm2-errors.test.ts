/** Every way in which an SLM2 container can be wrong, with digests made right again so that each rule is reached. */
import { isMirustError, memorySource } from '@mirust/core';
import { CHUNK_BYTES, canonicalJson } from '@mirust/integrity';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSlm2, SLM_ERRORS, SLM2_ERRORS, slmError, verifySlm2Data } from '../src/index.ts';
import {
  buildSlm2,
  countingSource,
  describeTensor,
  errorOf,
  metaFor,
  type ResignOptions,
  resign,
  SMALL,
  sectionsOf,
} from './_support.ts';

interface Subject {
  bytes: Uint8Array;
  view: DataView;
  /** Offset of a section's content, and of its entry in the table. */
  at(kind: string): number;
  entry(kind: string): number;
}

const good = await buildSlm2(SMALL);
const TENSORS = { a: 0, b: 128, norm: 256 } as const;

function subjectOf(bytes: Uint8Array): Subject {
  const copy = bytes.slice();
  const place = (kind: string): { entry: number; offset: number } => {
    const found = sectionsOf(copy).get(kind);
    if (found === undefined) throw new Error(`no ${kind}`);
    return found;
  };
  return {
    bytes: copy,
    view: new DataView(copy.buffer),
    at: (kind) => place(kind).offset,
    entry: (kind) => place(kind).entry,
  };
}

/** The file with another META of any length: what a wrong packer would write. */
function withMeta(text: string): Uint8Array {
  const json = new TextEncoder().encode(text);
  const old = sectionsOf(good);
  const content = (kind: string): Uint8Array => {
    const { offset, byteLength } = old.get(kind) ?? { offset: 0, byteLength: 0 };
    return good.slice(offset, offset + byteLength);
  };
  return assemble([
    ['META', json],
    ['TOKN', content('TOKN')],
    ['TENS', content('TENS')],
    ['LEAF', content('LEAF')],
    ['DATA', content('DATA')],
  ]);
}

/** A file of sections as they are given; tensor offsets are moved to where DATA comes to lie. */
function assemble(parts: readonly (readonly [string, Uint8Array, number?])[]): Uint8Array {
  let end = 64 + 64 * parts.length;
  const offsets = parts.map(([kind, content]) => {
    const alignment = kind === 'DATA' ? 4096 : 64;
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + content.byteLength;
    return offset;
  });
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  bytes.set(good.subarray(0, 64));
  view.setBigUint64(8, BigInt(end), true);
  view.setUint32(16, parts.length, true);
  const moved = BigInt((offsets.at(-1) ?? 0) - (sectionsOf(good).get('DATA')?.offset ?? 0));
  for (const [index, [kind, content, flags = 1]] of parts.entries()) {
    const entry = 64 + 64 * index;
    bytes.set(new TextEncoder().encode(kind), entry);
    view.setUint32(entry + 4, flags, true);
    view.setBigUint64(entry + 8, BigInt(offsets[index] ?? 0), true);
    view.setBigUint64(entry + 16, BigInt(content.byteLength), true);
    bytes.set(content, offsets[index] ?? 0);
    if (kind !== 'TENS') continue;
    for (let tensor = 0; tensor < 384 && content.byteLength >= 384; tensor += 128) {
      for (const field of [48, 64]) {
        const at = (offsets[index] ?? 0) + tensor + field;
        const value = view.getBigUint64(at, true);
        if (value !== 0n) view.setBigUint64(at, value + moved, true);
      }
    }
  }
  return resign(bytes);
}

function parts(): [string, Uint8Array, number?][] {
  return [...sectionsOf(good)].map(([kind, { offset, byteLength }]) => [kind, good.slice(offset, offset + byteLength)]);
}

const u32 = (offset: number, value: number) => (s: Subject) => s.view.setUint32(offset, value, true);
const section32 = (kind: string, field: number, value: number) => (s: Subject) =>
  s.view.setUint32(s.entry(kind) + field, value, true);
const section64 = (kind: string, field: number, change: (value: bigint) => bigint) => (s: Subject) => {
  const at = s.entry(kind) + field;
  s.view.setBigUint64(at, change(s.view.getBigUint64(at, true)), true);
};
const tensor8 = (tensor: number, field: number, value: number) => (s: Subject) => {
  s.bytes[s.at('TENS') + tensor + field] = value;
};
const tensor32 = (tensor: number, field: number, value: number) => (s: Subject) =>
  s.view.setUint32(s.at('TENS') + tensor + field, value, true);
const tensor16 = (tensor: number, field: number, value: number) => (s: Subject) =>
  s.view.setUint16(s.at('TENS') + tensor + field, value, true);
const tensor64 = (tensor: number, field: number, change: (value: bigint) => bigint) => (s: Subject) => {
  const at = s.at('TENS') + tensor + field;
  s.view.setBigUint64(at, change(s.view.getBigUint64(at, true)), true);
};

interface Case {
  readonly code: keyof typeof SLM2_ERRORS;
  readonly what: string;
  /** Changes the good file, or makes another one. */
  readonly change: (subject: Subject) => unknown;
  readonly sign?: ResignOptions | false;
  readonly context?: object;
}

const meta = metaFor(SMALL);
const metaCase = (code: Case['code'], what: string, value: unknown, context: object = {}): Case => ({
  code,
  what,
  change: () => withMeta(typeof value === 'string' ? value : canonicalJson(value)),
  context,
});

const CASES: readonly Case[] = [
  { code: 'SLM2_TRUNCATED', what: 'cut inside the header', change: (s) => s.bytes.subarray(0, 63), sign: false },
  { code: 'SLM2_TRUNCATED', what: 'empty', change: () => new Uint8Array(), sign: false },
  {
    code: 'SLM2_TRUNCATED',
    what: 'cut inside the section table',
    change: (s) => {
      s.view.setBigUint64(8, 100n, true);
      return s.bytes.subarray(0, 100);
    },
    sign: false,
    context: { expected: 384 },
  },
  { code: 'SLM2_MAGIC', what: 'SLM3', change: (s) => s.bytes.set([0x33], 3), context: { offset: 0 } },
  { code: 'SLM2_VERSION', what: 'version 2', change: u32(4, 2), context: { offset: 4, actual: 2 } },
  {
    code: 'SLM2_FILE_LENGTH',
    what: 'cut',
    change: (s) => s.bytes.subarray(0, s.bytes.byteLength - 1),
    context: { offset: 8 },
  },
  { code: 'SLM2_FILE_LENGTH', what: 'appended to', change: (s) => Uint8Array.of(...s.bytes, 0) },
  { code: 'SLM2_FILE_LENGTH', what: '2^64 - 1', change: (s) => s.view.setBigUint64(8, 2n ** 64n - 1n, true) },
  { code: 'SLM2_SECTION_COUNT', what: 'none', change: u32(16, 0), context: { offset: 16 } },
  { code: 'SLM2_SECTION_COUNT', what: '17', change: u32(16, 17), context: { limit: 16 } },
  { code: 'SLM2_SECTION_COUNT', what: '2^32 - 1', change: u32(16, 0xffffffff), sign: false },
  { code: 'SLM2_FLAGS', what: 'bit 0', change: u32(20, 1), context: { offset: 20 } },
  { code: 'SLM2_RESERVED', what: 'in the header', change: u32(28, 1), context: { offset: 24 } },
  {
    code: 'SLM2_RESERVED',
    what: 'in a section entry',
    change: section32('TOKN', 60, 1),
    context: { offset: 128 + 56 },
  },
  {
    code: 'SLM2_ROOT_DIGEST',
    what: 'a table that changed',
    change: section32('TOKN', 60, 1),
    sign: false,
    context: { offset: 32 },
  },
  {
    code: 'SLM2_SECTION_UNKNOWN',
    what: 'one that must be understood',
    change: () => assemble([...parts().slice(0, 4), ['NEWS', Uint8Array.of(1), 1], ...parts().slice(4)]),
    context: { key: 'NEWS' },
  },
  {
    code: 'SLM2_SECTION_UNKNOWN',
    what: 'a kind that is no name',
    change: () => assemble([...parts().slice(0, 4), ['\u001b[1m', Uint8Array.of(1), 0], ...parts().slice(4)]),
    context: { key: '\\u{1b}[1m' },
  },
  { code: 'SLM2_SECTION_FLAGS', what: 'META that need not be understood', change: section32('META', 4, 0) },
  { code: 'SLM2_SECTION_FLAGS', what: 'bit 1', change: section32('META', 4, 3), context: { key: 'META', actual: 3 } },
  {
    code: 'SLM2_SECTION_FLAGS',
    what: 'bit 1 of an unknown section',
    change: () => assemble([...parts().slice(0, 4), ['NEWS', Uint8Array.of(1), 2], ...parts().slice(4)]),
  },
  {
    code: 'SLM2_SECTION_MISSING',
    what: 'no DATA',
    change: () => assemble(parts().slice(0, 4)),
    context: { key: 'DATA' },
  },
  {
    code: 'SLM2_SECTION_DUPLICATE',
    what: 'META twice',
    change: () => assemble([...parts().slice(0, 1), ...parts()]),
    context: { key: 'META' },
  },
  {
    code: 'SLM2_SECTION_ORDER',
    what: 'TOKN before META',
    change: () => assemble([1, 0, 2, 3, 4].flatMap((i) => parts().slice(i, i + 1))),
    context: { key: 'TOKN', expected: 'META' },
  },
  {
    code: 'SLM2_SECTION_ORDER',
    what: 'an unknown section too early',
    change: () => assemble([['NEWS', Uint8Array.of(1), 0], ...parts()]),
    context: { key: 'NEWS' },
  },
  {
    code: 'SLM2_SECTION_ORDER',
    what: 'an unknown section behind DATA',
    change: () => assemble([...parts(), ['NEWS', Uint8Array.of(1), 0]]),
  },
  {
    code: 'SLM2_SECTION_SIZE',
    what: 'an empty tokenizer',
    change: section64('TOKN', 16, () => 0n),
    context: { actual: 0n },
  },
  {
    code: 'SLM2_SECTION_SIZE',
    what: 'an optional section of more than 4 MiB',
    change: () => assemble([...parts().slice(0, 4), ['NEWS', new Uint8Array(2 ** 22 + 1), 0], ...parts().slice(4)]),
    context: { limit: 2 ** 22, actual: BigInt(2 ** 22 + 1) },
  },
  { code: 'SLM2_SECTION_SIZE', what: 'META of 2^63 bytes', change: section64('META', 16, () => 2n ** 63n) },
  { code: 'SLM2_SECTION_PLACE', what: 'META somewhere else', change: section64('META', 8, (at) => at + 64n) },
  { code: 'SLM2_SECTION_PLACE', what: 'TOKN over META', change: section64('TOKN', 8, () => 384n) },
  { code: 'SLM2_SECTION_PLACE', what: 'DATA at 2^64 - 4096', change: section64('DATA', 8, () => 2n ** 64n - 4096n) },
  { code: 'SLM2_SECTION_RANGE', what: 'DATA longer than the file', change: section64('DATA', 16, (n) => n + 64n) },
  { code: 'SLM2_SECTION_RANGE', what: 'DATA of 4 TiB', change: section64('DATA', 16, () => 2n ** 42n) },
  { code: 'SLM2_SECTION_RANGE', what: 'DATA shorter than the file', change: section64('DATA', 16, (n) => n - 64n) },
  {
    code: 'SLM2_PADDING',
    what: 'before DATA',
    change: (s) => s.bytes.set([1], s.at('DATA') - 1),
  },
  {
    code: 'SLM2_PADDING',
    what: 'between tensors',
    change: (s) => s.bytes.set([1], s.at('DATA') + 63),
  },
  {
    code: 'SLM2_SECTION_DIGEST',
    what: 'a tokenizer that changed',
    change: (s) => s.bytes.set([1], s.at('TOKN')),
    sign: false,
    context: { key: 'TOKN' },
  },
  {
    code: 'SLM2_SECTION_DIGEST',
    what: 'an optional section that changed',
    change: () => {
      const bytes = assemble([...parts().slice(0, 4), ['NEWS', Uint8Array.of(1), 0], ...parts().slice(4)]);
      bytes[sectionsOf(bytes).get('NEWS')?.offset ?? 0] = 2;
      return bytes;
    },
    sign: false,
    context: { key: 'NEWS' },
  },
  {
    code: 'SLM2_DATA_DIGEST',
    what: 'a digest of its own',
    change: (s) => s.bytes.fill(7, s.entry('DATA') + 24, s.entry('DATA') + 56),
    sign: { keepSections: true },
  },
  {
    code: 'SLM2_LEAF_LENGTH',
    what: 'a leaf too many',
    change: () => {
      const changed = parts();
      changed[3] = ['LEAF', new Uint8Array(64)];
      return assemble(changed);
    },
    context: { expected: 32, actual: 64 },
  },
  metaCase('SLM2_META_VERSION', 'version 2', { ...meta, formatVersion: 2, more: true }, { expected: 1, actual: '2' }),
  metaCase('SLM2_META_VERSION', 'a list', { ...meta, formatVersion: [] }),
  metaCase('SLM2_META_SCHEMA', 'an unknown key', { ...meta, surprise: 1 }),
  metaCase('SLM2_META_SCHEMA', 'no version', { ...meta, formatVersion: undefined }),
  metaCase('SLM2_META_SCHEMA', 'no object', '[]'),
  metaCase('SLM2_META_SCHEMA', 'an unknown rope scaling', {
    ...meta,
    hyperparameters: { ...meta.hyperparameters, ropeScaling: { type: 'yarn' } },
  }),
  metaCase('SLM2_META_CANONICAL', 'white space', `${canonicalJson(meta)} `),
  metaCase('SLM2_META_CANONICAL', 'unsorted keys', JSON.stringify(meta)),
  metaCase('SLM2_META_CANONICAL', 'a number in another form', canonicalJson(meta).replace('10000', '1e4')),
  metaCase(
    'SLM2_META_TENSORS',
    'a record too few',
    { ...meta, tensors: metaFor(SMALL.slice(1)).tensors },
    { tensor: 'norm.weight' },
  ),
  metaCase(
    'SLM2_META_TENSORS',
    'a record too many',
    {
      ...meta,
      tensors: { ...meta.tensors, extra: { requested: 'f32' } },
    },
    { tensor: 'extra' },
  ),
  {
    code: 'SLM2_META_TENSORS',
    what: 'more records than a container has tensors',
    change: () => {
      const records = Array.from({ length: 3073 }, (_, i) => [`t${i}`, { requested: 'f32' }]);
      return withMeta(canonicalJson({ ...meta, tensors: Object.fromEntries(records) }));
    },
    context: { limit: 3072 },
  },
  {
    code: 'SLM2_TENSOR_TABLE',
    what: 'more entries than a container has',
    change: () => {
      const changed = parts();
      const table = new Uint8Array(3073 * 128 + 1);
      new DataView(table.buffer).setUint32(0, 3073 * 128, true);
      changed[2] = ['TENS', table];
      return assemble(changed);
    },
  },
  { code: 'SLM2_TENSOR_TABLE', what: 'names at 0', change: tensor32(TENSORS.a, 0, 0) },
  { code: 'SLM2_TENSOR_TABLE', what: 'names inside an entry', change: tensor32(TENSORS.a, 0, 100) },
  { code: 'SLM2_TENSOR_TABLE', what: 'names behind the end', change: tensor32(TENSORS.a, 0, 0xffffff80) },
  { code: 'SLM2_TENSOR_TABLE', what: 'a name longer than the rest', change: tensor32(TENSORS.norm, 4, 100) },
  { code: 'SLM2_TENSOR_TABLE', what: 'bytes behind the last name', change: tensor32(TENSORS.norm, 4, 4) },
  { code: 'SLM2_TENSOR_TABLE', what: 'a name that leaves a gap', change: tensor32(TENSORS.b, 0, 395) },
  {
    code: 'SLM2_TENSOR_TABLE',
    what: 'no whole entry',
    change: () => {
      const changed = parts();
      changed[2] = ['TENS', new Uint8Array(127)];
      return assemble(changed);
    },
  },
  { code: 'SLM2_TENSOR_NAME', what: 'an escape sequence', change: (s) => s.bytes.set([0x1b], s.at('TENS') + 384) },
  { code: 'SLM2_TENSOR_NAME', what: 'a space', change: (s) => s.bytes.set([0x20], s.at('TENS') + 385) },
  { code: 'SLM2_TENSOR_NAME', what: 'no ASCII', change: (s) => s.bytes.set([0xc3], s.at('TENS') + 386) },
  {
    code: 'SLM2_TENSOR_ORDER',
    what: 'c before b',
    change: (s) => s.bytes.set([0x63], s.at('TENS') + 384),
    context: { tensor: 'b.weight' },
  },
  {
    code: 'SLM2_TENSOR_ORDER',
    what: 'twice',
    change: (s) => s.bytes.set([0x61], s.at('TENS') + 392),
    context: { tensor: 'a.weight' },
  },
  {
    code: 'SLM2_TENSOR_DTYPE',
    what: '9999',
    change: tensor16(TENSORS.norm, 8, 9999),
    context: { tensor: 'norm.weight' },
  },
  { code: 'SLM2_TENSOR_DTYPE', what: 'a removed type of ggml', change: tensor16(TENSORS.norm, 8, 256 + 4) },
  ...[256, 257, 256 + 30].map(
    (id): Case => ({ code: 'SLM2_TENSOR_DTYPE', what: `the alias ${id}`, change: tensor16(TENSORS.norm, 8, id) }),
  ),
  { code: 'SLM2_TENSOR_DTYPE', what: 'an integer type of ggml', change: tensor16(TENSORS.norm, 8, 256 + 26) },
  {
    code: 'SLM2_TENSOR_LAYOUT',
    what: 'the first reserved one',
    change: tensor8(TENSORS.a, 11, 2),
    context: { tensor: 'a.weight', limit: 1, actual: 2 },
  },
  { code: 'SLM2_TENSOR_LAYOUT', what: 'the last reserved one', change: tensor8(TENSORS.a, 11, 255) },
  {
    code: 'SLM2_TENSOR_INTERLEAVED',
    what: 'f32',
    change: tensor8(TENSORS.norm, 11, 1),
    context: { tensor: 'norm.weight', expected: 0, actual: 1 },
  },
  { code: 'SLM2_TENSOR_INTERLEAVED', what: 'q4 in blocks of 4', change: tensor8(TENSORS.b, 11, 1) },
  {
    code: 'SLM2_TENSOR_INTERLEAVED',
    what: 'q8 of rank 1',
    change: (s) => {
      tensor8(TENSORS.a, 11, 1)(s);
      tensor8(TENSORS.a, 10, 1)(s);
      tensor64(TENSORS.a, 16, () => 5n)(s);
      tensor64(TENSORS.a, 24, () => 0n)(s);
    },
    context: { tensor: 'a.weight' },
  },
  { code: 'SLM2_TENSOR_SHAPE', what: 'rank 0', change: tensor8(TENSORS.a, 10, 0) },
  { code: 'SLM2_TENSOR_SHAPE', what: 'rank 5', change: tensor8(TENSORS.a, 10, 5) },
  { code: 'SLM2_TENSOR_SHAPE', what: 'a dimension of 0', change: tensor64(TENSORS.a, 16, () => 0n) },
  { code: 'SLM2_TENSOR_SHAPE', what: 'dims whose product wraps', change: tensor64(TENSORS.a, 16, () => 2n ** 63n) },
  { code: 'SLM2_TENSOR_SHAPE', what: '1 in an unused dimension', change: tensor64(TENSORS.a, 40, () => 1n) },
  { code: 'SLM2_TENSOR_BLOCK', what: 'q8 with half a row', change: tensor32(TENSORS.a, 12, 4) },
  { code: 'SLM2_TENSOR_BLOCK', what: 'q4 without', change: tensor32(TENSORS.b, 12, 0) },
  { code: 'SLM2_TENSOR_BLOCK', what: 'q4 with 3', change: tensor32(TENSORS.b, 12, 3) },
  { code: 'SLM2_TENSOR_BLOCK', what: 'q4 with 16', change: tensor32(TENSORS.b, 12, 16) },
  { code: 'SLM2_TENSOR_BLOCK', what: 'f32 with 4', change: tensor32(TENSORS.norm, 12, 4) },
  { code: 'SLM2_TENSOR_BLOCK', what: 'f32 with f16 scales', change: tensor32(TENSORS.norm, 12, 0x80000000) },
  { code: 'SLM2_TENSOR_BLOCK', what: 'Q8_0 with a row of 3', change: tensor16(TENSORS.norm, 8, 264) },
  { code: 'SLM2_TENSOR_RESERVED', what: 'one', change: tensor8(TENSORS.a, 127, 1) },
  {
    code: 'SLM2_TENSOR_PLACE',
    what: 'somewhere else',
    change: tensor64(TENSORS.b, 48, (at) => at + 64n),
    context: { tensor: 'b.weight' },
  },
  {
    code: 'SLM2_TENSOR_PLACE',
    what: 'interleaved rows in the bytes of row-major ones',
    change: tensor8(TENSORS.a, 11, 1),
    context: { tensor: 'a.weight', expected: 288, actual: 15n },
  },
  { code: 'SLM2_TENSOR_PLACE', what: 'over another', change: tensor64(TENSORS.b, 48, (at) => at - 64n) },
  { code: 'SLM2_TENSOR_PLACE', what: '2^64 - 32', change: tensor64(TENSORS.b, 48, () => 2n ** 64n - 32n) },
  { code: 'SLM2_TENSOR_PLACE', what: 'a byte longer', change: tensor64(TENSORS.b, 56, (n) => n + 1n) },
  { code: 'SLM2_TENSOR_PLACE', what: 'scales elsewhere', change: tensor64(TENSORS.b, 64, (at) => at + 4n) },
  { code: 'SLM2_TENSOR_PLACE', what: 'a scale more', change: tensor64(TENSORS.b, 72, (n) => n + 2n) },
  { code: 'SLM2_TENSOR_PLACE', what: 'scales where there are none', change: tensor64(TENSORS.norm, 64, () => 4096n) },
  {
    code: 'SLM2_DATA_LENGTH',
    what: 'a line more than the tensors need',
    change: () => {
      const changed = parts();
      const data = changed[4]?.[1] ?? new Uint8Array();
      changed[4] = ['DATA', Uint8Array.of(...data, ...new Uint8Array(64))];
      return assemble(changed);
    },
  },
  ...[0x0000, 0x8000, 0xb800, 0x7c00, 0x7e00].map(
    (bits): Case => ({
      code: 'SLM2_SCALE_VALUE',
      what: `f16 bits ${bits.toString(16)}`,
      change: (s) => s.view.setUint16(s.at('DATA') + 64 + 8, bits, true),
      context: { tensor: 'b.weight' },
    }),
  ),
  ...[0, 0x80000000, 0xff800000, 0x7fffffff].map(
    (bits): Case => ({
      code: 'SLM2_SCALE_VALUE',
      what: `f32 bits ${bits.toString(16)}`,
      change: (s) => s.view.setUint32(s.at('DATA') + 16, bits, true),
      context: { tensor: 'a.weight' },
    }),
  ),
  {
    code: 'SLM2_TENSOR_DIGEST',
    what: 'a digest of something else',
    change: tensor8(TENSORS.norm, 80, 1),
    context: { tensor: 'norm.weight' },
  },
];

async function readAll(bytes: Uint8Array): Promise<void> {
  const source = memorySource(bytes);
  await verifySlm2Data(source, await readSlm2(source));
}

describe('a wrong SLM2 container', () => {
  it.each(CASES)('$code: $what', async ({ code, change, sign = {}, context = {} }) => {
    const subject = subjectOf(good);
    const made = change(subject);
    const bytes = made instanceof Uint8Array ? made : subject.bytes;
    if (sign !== false && bytes.byteLength >= 384) resign(bytes, sign);
    const error = await errorOf(readAll(bytes));
    expect({ code: error.code, class: error.class, context: error.context, message: error.message }).toMatchObject({
      code,
      class: SLM2_ERRORS[code].class,
      context,
    });
    expect(error.offset).toBeDefined();
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });

  it('has a test for every code', () => {
    expect([...new Set<string>(CASES.map(({ code }) => code))].sort()).toEqual(Object.keys(SLM2_ERRORS).sort());
    expect(slmError('SLM2_MAGIC', 'x')).toMatchObject(
      SLM_ERRORS.SLM2_MAGIC.class === 'structure' ? { code: 'SLM2_MAGIC' } : {},
    );
  });

  it("with META that is no strict JSON has the JSON reader's code, at the offset in the file", async () => {
    const text = canonicalJson(meta).replace('"tool":', '"tool":{},"tool":');
    const error = await errorOf(readAll(withMeta(text)));
    expect(error.code).toBe('JSON_DUPLICATE_KEY');
    expect(Number(error.offset)).toBeGreaterThan(384);
    expect((await errorOf(readAll(withMeta(`{"a":${'['.repeat(5000)}`)))).code).toBe('JSON_DEPTH');
  });
});

describe('an optional section that this version does not know', () => {
  it('is skipped, and its digest checked', async () => {
    const big = new Uint8Array(CHUNK_BYTES + 10).fill(3);
    const bytes = assemble([
      ...parts().slice(0, 4),
      ['NEWS', Uint8Array.of(1, 2, 3), 0],
      ['MORE', big, 0],
      ...parts().slice(4),
    ]);
    const file = await readSlm2(memorySource(bytes));
    expect(file.sections.map(({ kind }) => kind)).toEqual(['META', 'TOKN', 'TENS', 'LEAF', 'NEWS', 'MORE', 'DATA']);
    await readAll(bytes);
  });
});

describe('tampering', () => {
  it('with any bit of the file is found, and the piece is named', async () => {
    const sections = sectionsOf(good);
    const dataOffset = sections.get('DATA')?.offset ?? 0;
    const file = await readSlm2(memorySource(good));
    /** The code and key that a flip at this offset must give. */
    const expected = (at: number): { code: RegExp; key?: string } => {
      if (at < 4) return { code: /^SLM2_MAGIC$/ };
      if (at < 8) return { code: /^SLM2_VERSION$/ };
      if (at < 16) return { code: /^SLM2_FILE_LENGTH$/ };
      if (at < 20) return { code: /^SLM2_(SECTION_COUNT|ROOT_DIGEST)$/ };
      if (at < 24) return { code: /^SLM2_FLAGS$/ };
      if (at < 32) return { code: /^SLM2_RESERVED$/ };
      if (at < 384) return { code: /^SLM2_ROOT_DIGEST$/ };
      for (const [kind, { offset, byteLength }] of sections) {
        if (at < offset || at >= offset + byteLength) continue;
        return kind === 'DATA' ? { code: /^CHUNK_DIGEST$/ } : { code: /^SLM2_SECTION_DIGEST$/, key: kind };
      }
      return { code: /^SLM2_PADDING$/ };
    };
    const bytes = good.slice();
    for (let at = 0; at < bytes.byteLength; at++) {
      const { code, key } = expected(at);
      for (let bit = 0; bit < 8; bit++) {
        bytes[at] = (good[at] ?? 0) ^ (1 << bit);
        // DATA is not read by readSlm2: the flip is found by whoever reads it.
        const source = memorySource(bytes);
        const error = await errorOf(at < dataOffset ? readSlm2(source) : verifySlm2Data(source, file));
        expect(error.code).toMatch(code);
        if (key !== undefined) expect(error.context.key).toBe(key);
        if (error.code === 'SLM2_PADDING') expect(error.offset).toBe(at);
        if (error.code === 'CHUNK_DIGEST') expect(error.message).toContain('a.weight, b.weight, norm.weight');
      }
      bytes[at] = good[at] ?? 0;
    }
    await readAll(bytes);
  });

  it('by anyone who makes the digests right again gives a MirustError or a file', async () => {
    const edit = fc.oneof(
      fc.record({ where: fc.constant('head' as const), at: fc.nat(383), value: fc.nat(255) }),
      fc.record({ where: fc.constant('TENS' as const), at: fc.nat(410), value: fc.nat(255) }),
      fc.record({ where: fc.constant('META' as const), at: fc.nat(1200), value: fc.integer({ min: 32, max: 126 }) }),
      fc.record({ where: fc.constant('DATA' as const), at: fc.nat(191), value: fc.nat(255) }),
      fc.record({ where: fc.constant('cut' as const), at: fc.nat(good.byteLength), value: fc.constant(0) }),
    );
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), fc.boolean(), async (edits, signed) => {
        let { bytes } = subjectOf(good);
        for (const { where, at, value } of edits) {
          if (where === 'cut') bytes = bytes.slice(0, Math.max(64, at));
          else {
            const offset = where === 'head' ? at : (sectionsOf(good).get(where)?.offset ?? 0) + at;
            if (offset < bytes.byteLength) bytes[offset] = value;
          }
        }
        new DataView(bytes.buffer).setBigUint64(8, BigInt(bytes.byteLength), true);
        try {
          if (signed) resign(bytes);
        } catch {
          // The table leads nowhere: the reader shall say so.
        }
        const source = countingSource(bytes);
        try {
          await verifySlm2Data(source, await readSlm2(source));
          seen.add('read');
        } catch (error) {
          if (!isMirustError(error)) throw error;
          seen.add(error.code);
        }
        const asked = source.reads.reduce((sum, { length }) => sum + length, 0);
        expect(asked).toBeLessThanOrEqual(3 * good.byteLength);
      }),
      { numRuns: 3000, seed: 7 },
    );
    // Were the digests not made right, nothing behind them would be reached.
    expect(seen.size).toBeGreaterThan(12);
    expect([...seen]).toContain('read');
  });

  it('leaves no room for two files with one meaning: every tensor is where it must be', async () => {
    const tensors = [describeTensor('w', 'f32', [1])];
    const bytes = await buildSlm2(tensors);
    await readAll(bytes);
    expect(bytes.byteLength - (sectionsOf(bytes).get('DATA')?.offset ?? 0)).toBe(64);
  });
});
