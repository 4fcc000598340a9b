/** Every way in which an SLM1 container can be wrong, one changed byte range each. */
import { isMirustError, memorySource } from '@mirust/core';
import { createSlm1Checksum } from '@mirust/integrity';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  layoutSlm1,
  readSlm1,
  SLM1_ERRORS,
  SLM1_STATUS,
  SLM1_STATUS_OF,
  slm1NameHash,
  slm1Status,
} from '../src/index.ts';
import { btok, buildSlm1, countingSource, errorOf, TINY, tinySlm1 } from './_support.ts';

/** A container to change: its bytes, a view of them, and where its directory entry of a tensor is. */
interface Subject {
  bytes: Uint8Array;
  view: DataView;
  entry(name: string): number;
  /** Changes the length of the file, new bytes being zero. */
  resize(byteLength: number): void;
}

const plain = await buildSlm1(tinySlm1('q8'));
const q4 = await buildSlm1(tinySlm1('q4'));
const f32 = await buildSlm1(tinySlm1('f32'));

function subjectOf(bytes: Uint8Array): Subject {
  const copy = bytes.slice();
  const subject: Subject = {
    bytes: copy,
    view: new DataView(copy.buffer),
    entry(name) {
      const hash = slm1NameHash(name);
      for (let at = 192; ; at += 64) if (this.view.getBigUint64(at, true) === hash) return at;
    },
    resize(byteLength) {
      const next = new Uint8Array(byteLength);
      next.set(this.bytes.subarray(0, byteLength));
      this.bytes = next;
      this.view = new DataView(next.buffer);
    },
  };
  return subject;
}

/** Stores the right checksum, so that rules behind it are reached. */
function resign({ bytes, view }: Subject): void {
  const state = createSlm1Checksum();
  state.update(bytes);
  view.setBigUint64(100, state.digest(), true);
}

const u32 = (offset: number, value: number) => (s: Subject) => s.view.setUint32(offset, value, true);
const u64 = (offset: number, value: bigint) => (s: Subject) => s.view.setBigUint64(offset, value, true);
const inEntry = (name: string, field: number, value: number) => (s: Subject) =>
  s.view.setUint32(s.entry(name) + field, value, true);
const inEntry64 = (name: string, field: number, change: (value: bigint) => bigint) => (s: Subject) => {
  const at = s.entry(name) + field;
  s.view.setBigUint64(at, change(s.view.getBigUint64(at, true)), true);
};

interface Case {
  readonly code: keyof typeof SLM1_ERRORS;
  readonly what: string;
  readonly change: (subject: Subject) => void;
  readonly from?: Uint8Array;
  readonly context?: object;
}

const CASES: readonly Case[] = [
  { code: 'SLM1_TRUNCATED', what: 'cut inside the header', change: (s) => s.resize(107), context: { actual: 107 } },
  { code: 'SLM1_TRUNCATED', what: 'an empty file', change: (s) => s.resize(0) },
  { code: 'SLM1_MAGIC', what: 'SLM2', change: (s) => s.bytes.set([0x32], 3), context: { offset: 0 } },
  { code: 'SLM1_VERSION', what: 'version 2', change: u32(4, 2), context: { offset: 4, actual: 2 } },
  { code: 'SLM1_VERSION', what: 'big-endian 1', change: u32(4, 0x01000000) },
  { code: 'SLM1_MODEL_TYPE', what: 'model type 0', change: u32(12, 0), context: { offset: 12 } },
  { code: 'SLM1_FLAGS', what: 'bit 1', change: u32(16, 2), context: { offset: 16 } },
  { code: 'SLM1_FLAGS', what: 'bit 31', change: u32(16, 0x80000000) },
  { code: 'SLM1_HEADER_FIELD', what: 'header_length 107', change: u32(8, 107), context: { offset: 8 } },
  { code: 'SLM1_HEADER_FIELD', what: 'vocab 259', change: u32(20, 259), context: { key: 'vocabSize', offset: 20 } },
  { code: 'SLM1_HEADER_FIELD', what: '3 specials', change: u32(24, 3), context: { key: 'specialTokenCount' } },
  { code: 'SLM1_HEADER_FIELD', what: 'more specials than tokens', change: u32(24, 261) },
  ...[28, 32, 36, 40, 44, 48, 52].map(
    (offset): Case => ({
      code: 'SLM1_HEADER_FIELD',
      what: `zero at ${offset}`,
      change: u32(offset, 0),
      context: { offset },
    }),
  ),
  { code: 'SLM1_HEADER_FIELD', what: '2^32 - 1 layers', change: u32(32, 0xffffffff), context: { key: 'layerCount' } },
  { code: 'SLM1_HEADER_FIELD', what: 'kv heads that do not divide', change: u32(40, 3), context: { offset: 40 } },
  { code: 'SLM1_HEADER_FIELD', what: 'an odd head_dim', change: u32(44, 3), context: { key: 'headDim' } },
  { code: 'SLM1_HEADER_FIELD', what: 'heads that are not hidden', change: u32(44, 6), context: { key: 'headDim' } },
  { code: 'SLM1_HEADER_FIELD', what: 'NaN as theta', change: u32(56, 0x7fc00000), context: { key: 'ropeTheta' } },
  { code: 'SLM1_HEADER_FIELD', what: 'infinite theta', change: u32(56, 0x7f800000) },
  { code: 'SLM1_HEADER_FIELD', what: 'epsilon 0', change: u32(60, 0), context: { key: 'rmsNormEpsilon', offset: 60 } },
  { code: 'SLM1_SECTION_RANGE', what: 'tokenizer behind the end', change: u64(64, 2n ** 40n), context: { offset: 64 } },
  { code: 'SLM1_SECTION_RANGE', what: 'tokenizer length 2^64 - 32', change: u64(72, 2n ** 64n - 32n) },
  { code: 'SLM1_SECTION_RANGE', what: 'directory behind the end', change: u64(80, 2n ** 63n), context: { offset: 80 } },
  { code: 'SLM1_SECTION_RANGE', what: '2^32 - 1 tensors', change: u32(88, 0xffffffff), context: { offset: 80 } },
  { code: 'SLM1_SECTION_RANGE', what: 'a header as long as 4 GiB', change: u32(8, 0xffffffff), context: { offset: 8 } },
  { code: 'SLM1_SECTION_PLACE', what: 'a tokenizer inside the header', change: u64(64, 0n), context: { offset: 64 } },
  { code: 'SLM1_SECTION_PLACE', what: 'a gap before the tokenizer', change: u64(64, 172n), context: { offset: 64 } },
  { code: 'SLM1_SECTION_PLACE', what: 'a misaligned directory', change: u64(80, 160n), context: { offset: 80 } },
  {
    code: 'SLM1_SECTION_PLACE',
    what: 'a misaligned start of the data',
    change: u64(92, 968n),
    context: { offset: 92 },
  },
  { code: 'SLM1_SECTION_PLACE', what: 'a directory over the data', change: u32(88, 13), context: { offset: 92 } },
  {
    code: 'SLM1_PADDING',
    what: 'behind the tokenizer',
    change: (s) => s.bytes.set([1], 140),
    context: { offset: 140 },
  },
  {
    code: 'SLM1_PADDING',
    what: 'between tensors',
    change: (s) => {
      const at = Number(s.view.getBigUint64(s.entry('norm.weight') + 32, true)) + 20;
      s.bytes[at] = 1;
      resign(s);
    },
  },
  {
    code: 'SLM1_TOKENIZER_KIND',
    what: 'another magic',
    change: (s) => s.bytes.set([0x58], 108),
    context: { offset: 108 },
  },
  { code: 'SLM1_TOKENIZER_VERSION', what: 'version 2', change: u32(112, 2), context: { offset: 112, actual: 2 } },
  { code: 'SLM1_TOKENIZER_VOCAB', what: '261 tokens', change: u32(116, 261), context: { offset: 116, expected: 260 } },
  {
    code: 'SLM1_TOKENIZER_LENGTH',
    what: 'BTOK of 32 bytes',
    change: u64(72, 32n),
    context: { offset: 108, actual: 32 },
  },
  { code: 'SLM1_TOKENIZER_LENGTH', what: 'BTOK of 27 bytes', change: u64(72, 27n) },
  {
    code: 'SLM1_TOKENIZER_LENGTH',
    what: 'fewer bytes than say what it is',
    change: (s) => {
      s.view.setBigUint64(64, 160n, true);
      s.view.setBigUint64(72, 11n, true);
    },
    context: { offset: 160, actual: 11 },
  },
  {
    code: 'SLM1_TOKENIZER_LENGTH',
    what: 'BPE1 shorter than its header',
    change: (s) => s.bytes.set(new TextEncoder().encode('BPE1'), 108),
    context: { expected: 36 },
  },
  {
    code: 'SLM1_TENSOR_COUNT',
    what: 'a thirteenth entry',
    change: (s) => {
      s.view.setUint32(88, 13, true);
      s.view.setBigUint64(92, 1024n, true);
    },
    context: { offset: 88, expected: 12, actual: 13 },
  },
  {
    code: 'SLM1_TENSOR_MISSING',
    what: 'a model of two layers with the tensors of one',
    change: u32(32, 2),
    context: { tensor: 'layers.1.attn_norm.weight' },
  },
  { code: 'SLM1_TENSOR_UNKNOWN', what: 'another hash', change: u64(192, 1n), context: { offset: 192 } },
  { code: 'SLM1_TENSOR_COUNT', what: 'an output matrix although tied', change: u32(16, 1) },
  {
    code: 'SLM1_TENSOR_DUPLICATE',
    what: 'the same hash twice',
    change: (s) => s.view.setBigUint64(256, s.view.getBigUint64(192, true), true),
    context: { tensor: 'tok_embeddings.weight', offset: 256 },
  },
  {
    code: 'SLM1_TENSOR_DTYPE',
    what: 'type 4',
    change: inEntry('norm.weight', 8, 4),
    context: { tensor: 'norm.weight' },
  },
  { code: 'SLM1_TENSOR_DTYPE', what: 'type 9999', change: inEntry('norm.weight', 8, 9999), context: { actual: 9999 } },
  { code: 'SLM1_TENSOR_SHAPE', what: 'rank 0', change: inEntry('norm.weight', 12, 0) },
  { code: 'SLM1_TENSOR_SHAPE', what: 'rank 2^32 - 1', change: inEntry('norm.weight', 12, 0xffffffff) },
  { code: 'SLM1_TENSOR_SHAPE', what: 'another row length', change: inEntry('layers.0.wq.weight', 20, 16) },
  { code: 'SLM1_TENSOR_SHAPE', what: '2 in an unused dim', change: inEntry('layers.0.wq.weight', 24, 2) },
  { code: 'SLM1_TENSOR_BLOCK', what: 'q8 with half a row', change: inEntry('layers.0.wq.weight', 56, 4) },
  { code: 'SLM1_TENSOR_BLOCK', what: 'f32 with a block', change: inEntry('layers.0.wq.weight', 56, 8), from: f32 },
  ...[0, 1, 3, 6, 16, 0xffffffff].map(
    (block): Case => ({
      code: 'SLM1_TENSOR_BLOCK',
      what: `q4 with blocks of ${block}`,
      change: inEntry('layers.0.wq.weight', 56, block),
      from: q4,
    }),
  ),
  {
    code: 'SLM1_TENSOR_LENGTH',
    what: 'a byte more',
    change: inEntry64('layers.0.wq.weight', 40, (length) => length + 1n),
    context: { expected: 64, actual: 65n },
  },
  { code: 'SLM1_TENSOR_LENGTH', what: '2^64 - 1', change: inEntry64('norm.weight', 40, () => 2n ** 64n - 1n) },
  { code: 'SLM1_TENSOR_RESERVED', what: 'one', change: inEntry('layers.0.wq.weight', 60, 1) },
  { code: 'SLM1_TENSOR_ALIGNMENT', what: 'half a line later', change: inEntry64('norm.weight', 32, (at) => at + 32n) },
  { code: 'SLM1_TENSOR_RANGE', what: 'inside the directory', change: inEntry64('norm.weight', 32, () => 192n) },
  { code: 'SLM1_TENSOR_RANGE', what: '2^40', change: inEntry64('norm.weight', 32, () => 2n ** 40n) },
  { code: 'SLM1_TENSOR_RANGE', what: '2^64 - 64', change: inEntry64('norm.weight', 32, () => 2n ** 64n - 64n) },
  { code: 'SLM1_TENSOR_RANGE', what: 'the last tensor cut', change: (s) => s.resize(s.bytes.byteLength - 128) },
  {
    code: 'SLM1_TENSOR_RANGE',
    what: 'the last scales cut',
    // w2 is [8, 16]: a payload of 128 bytes and 8 scales. Its payload just fits.
    change: (s) => s.resize(s.bytes.byteLength - 64),
  },
  {
    code: 'SLM1_TENSOR_OVERLAP',
    what: 'two tensors at the same place',
    change: (s) => {
      const [a, b] = [s.entry('layers.0.wk.weight'), s.entry('layers.0.wv.weight')];
      s.bytes.copyWithin(b + 32, a + 32, a + 56);
    },
    context: { tensor: 'layers.0.wv.weight' },
  },
  { code: 'SLM1_TENSOR_GAP', what: 'trailing bytes', change: (s) => s.resize(s.bytes.byteLength + 64) },
  { code: 'SLM1_TENSOR_GAP', what: 'one trailing byte', change: (s) => s.resize(s.bytes.byteLength + 1) },
  {
    code: 'SLM1_TENSOR_GAP',
    what: 'a hole between tensors',
    change: (s) => {
      const at = s.entry('layers.0.w2.weight');
      for (const field of [32, 48]) {
        s.view.setBigUint64(at + field, s.view.getBigUint64(at + field, true) + 64n, true);
      }
      s.resize(s.bytes.byteLength + 64);
    },
  },
  { code: 'SLM1_SCALE_PLACE', what: 'elsewhere', change: inEntry64('layers.0.wq.weight', 48, (at) => at + 4n) },
  { code: 'SLM1_SCALE_PLACE', what: 'none', change: inEntry64('layers.0.wq.weight', 48, () => 0n) },
  { code: 'SLM1_SCALE_PLACE', what: 'f32 with scales', change: inEntry64('norm.weight', 48, () => 1024n), from: f32 },
  ...[0, 0x80000000, 0xbf000000, 0x7f800000, 0x7fc00000].map(
    (bits): Case => ({
      code: 'SLM1_SCALE_VALUE',
      what: `bits ${bits.toString(16)}`,
      change: (s) => {
        const scales = Number(s.view.getBigUint64(s.entry('layers.0.wq.weight') + 48, true));
        s.view.setUint32(scales + 4, bits, true);
        resign(s);
      },
      context: { tensor: 'layers.0.wq.weight' },
    }),
  ),
  { code: 'SLM1_CHECKSUM_ZERO', what: 'zero', change: u64(100, 0n), context: { offset: 100 } },
  { code: 'SLM1_CHECKSUM', what: 'a wrong one', change: u64(100, 1n), context: { offset: 100 } },
  {
    code: 'SLM1_CHECKSUM',
    what: 'a bad scale with it: the damage is the cause',
    change: (s) => s.view.setUint32(Number(s.view.getBigUint64(s.entry('norm.weight') + 48, true)), 0, true),
  },
];

describe('a wrong SLM1 container', () => {
  it.each(CASES)('$code: $what', async ({ code, change, from = plain, context = {} }) => {
    const subject = subjectOf(from);
    change(subject);
    const error = await errorOf(readSlm1(memorySource(subject.bytes)));
    expect({ code: error.code, class: error.class, context: error.context, message: error.message }).toMatchObject({
      code,
      class: SLM1_ERRORS[code].class,
      context,
    });
    expect(error.offset).toBeDefined();
  });

  it('has a test for every code', () => {
    // What cannot be held is found by the layout: slm1.test.ts.
    const tested = new Set<string>([...CASES.map(({ code }) => code), 'SLM1_CANNOT_HOLD']);
    expect([...tested].sort()).toEqual(Object.keys(SLM1_ERRORS).sort());
  });

  it('has the published status of its code', async () => {
    expect(Object.values(SLM1_STATUS)).toEqual([...Array(15).keys()]);
    expect(Object.keys(SLM1_STATUS_OF)).toEqual(Object.keys(SLM1_ERRORS));
    const statusOf = async (change: (s: Subject) => void): Promise<number | undefined> => {
      const subject = subjectOf(plain);
      change(subject);
      return slm1Status(await errorOf(readSlm1(memorySource(subject.bytes))));
    };
    expect(await statusOf((s) => s.resize(0))).toBe(2);
    expect(await statusOf((s) => s.bytes.fill(0, 0, 4))).toBe(4);
    expect(await statusOf(u32(4, 9))).toBe(5);
    expect(await statusOf(u32(16, 8))).toBe(6);
    expect(await statusOf(u64(192, 0n))).toBe(7);
    expect(await statusOf(u32(32, 2))).toBe(8);
    expect(await statusOf(inEntry('norm.weight', 12, 3))).toBe(9);
    expect(await statusOf(inEntry('norm.weight', 8, 7))).toBe(10);
    expect(slm1Status(new Error('x'))).toBeUndefined();
  });

  it('never asks for more than the file has, whatever the header says', async () => {
    const source = countingSource(subjectOf(plain).bytes);
    await readSlm1(source);
    expect(Math.max(...source.reads.map(({ length }) => length))).toBeLessThanOrEqual(plain.byteLength);
  });

  it('gives a MirustError or a file for any damage: truncation, noise, noise in one field', async () => {
    const change = fc.oneof(
      fc.record({ kind: fc.constant('cut' as const), at: fc.nat(plain.byteLength) }),
      fc.record({
        kind: fc.constant('noise' as const),
        at: fc.nat(1100),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      }),
      fc.record({
        kind: fc.constant('word' as const),
        at: fc.nat(240).map((word) => 4 * word),
        value: fc.constantFrom(0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 64, 65),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean(), async (changes, signed) => {
        const subject = subjectOf(plain);
        for (const edit of changes) {
          if (edit.kind === 'cut') subject.resize(Math.min(subject.bytes.byteLength, edit.at));
          else if (edit.at + 8 > subject.bytes.byteLength) continue;
          else if (edit.kind === 'noise') subject.bytes.set(edit.bytes, edit.at);
          else subject.view.setUint32(edit.at, edit.value, true);
        }
        if (signed && subject.bytes.byteLength >= 108) resign(subject);
        const source = countingSource(subject.bytes);
        try {
          await readSlm1(source);
        } catch (error) {
          if (!isMirustError(error)) throw error;
        }
        const asked = source.reads.reduce((sum, { length }) => sum + length, 0);
        expect(asked).toBeLessThanOrEqual(3 * plain.byteLength);
      }),
      { numRuns: 1500 },
    );
  });

  it('takes work in proportion to its size: a directory of any length is bounded by the shape', () => {
    // 256 layers are the most that a header may announce; their names are hashed before anything is read.
    const layout = layoutSlm1({ hyperparameters: { ...TINY, layerCount: 256 }, tokenizerBytes: btok() });
    expect(layout.tensors).toHaveLength(3 + 9 * 256);
  });
});
