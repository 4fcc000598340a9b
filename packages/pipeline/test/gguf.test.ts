/** GGUF sources: blocks are kept one by one in SLM2, and can be converted where that is asked for. */
import { readFileSync } from 'node:fs';
import { fileSetOf, openCheckpoint } from '@mirust/checkpoint';
import { type DTypeName, dtypeInfo, elementCount, isDTypeName, memorySource, rowLength } from '@mirust/core';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { GGUF_METADATA, type GgufTensor, ggufFile, ggufU32, ggufVocabulary } from '../../checkpoint/test/_artifacts.ts';
import { decoded, errorOf, openBytes, pack, planOf, sameBytes, sameTensor, tensorOf, valuesOf } from './_support.ts';

/** Blocks that the gguf package made, by type. Their first half has ordinary scales. */
const ORACLE = JSON.parse(
  readFileSync(new URL('../../../fixtures/oracles/ggml-blocks.json', import.meta.url), 'utf8'),
) as Record<string, { blocks: string; values: string }>;

const TYPES = Object.keys(ORACLE)
  .filter(isDTypeName)
  .filter((name) => dtypeInfo(name).kind === 'ggml-block');

/** Shapes of the model: 256 wide, so that every block type fits. */
const SHAPES: readonly (readonly [string, readonly number[]])[] = [
  ['token_embd.weight', [260, 256]],
  ['output_norm.weight', [256]],
  ['blk.0.attn_norm.weight', [256]],
  ['blk.0.attn_q.weight', [256, 256]],
  ['blk.0.attn_k.weight', [128, 256]],
  ['blk.0.attn_v.weight', [128, 256]],
  ['blk.0.attn_output.weight', [256, 256]],
  ['blk.0.ffn_norm.weight', [256]],
  ['blk.0.ffn_gate.weight', [256, 256]],
  ['blk.0.ffn_up.weight', [256, 256]],
  ['blk.0.ffn_down.weight', [256, 256]],
];

/** Bytes of so many values in a type, made of the oracle's first half again and again. */
function blocksOf(dtype: DTypeName, count: number): Uint8Array {
  const { blockElements, blockBytes } = dtypeInfo(dtype);
  const all = Uint8Array.from(Buffer.from(ORACLE[dtype]?.blocks ?? '', 'base64'));
  const ordinary = all.subarray(0, Math.floor(all.length / blockBytes / 2) * blockBytes);
  const bytes = new Uint8Array((count / blockElements) * blockBytes);
  for (let at = 0; at < bytes.length; at++) bytes[at] = ordinary[at % ordinary.length] ?? 0;
  return bytes;
}

/** A GGUF whose matrices are in one type and whose vectors are f32. */
function gguf(dtype: DTypeName): Uint8Array {
  const tensors = SHAPES.map(([name, shape]): GgufTensor => {
    if (shape.length > 1) {
      return { name, shape, type: dtypeInfo(dtype).ggmlId ?? -1, bytes: blocksOf(dtype, elementCount(shape)) };
    }
    return { name, shape, type: 0, bytes: new Uint8Array(valuesOf(name, shape).buffer) };
  });
  const sizes = new Map([
    ['llama.embedding_length', 256],
    ['llama.feed_forward_length', 256],
  ]);
  const metadata = GGUF_METADATA.map((entry) => {
    const size = sizes.get(String(entry[0]));
    return size === undefined ? entry : ggufU32(String(entry[0]), size);
  });
  return ggufFile([...metadata, ...ggufVocabulary()], tensors);
}

function open(bytes: Uint8Array) {
  return openCheckpoint(fileSetOf(new Map([['a.gguf', memorySource(bytes, 'a.gguf')]]), 'a.gguf'));
}

it('has blocks of every type that the product decodes', () => {
  expect(TYPES).toEqual(expect.arrayContaining(['Q8_0', 'Q4_0', 'Q4_K', 'Q5_K', 'Q6_K', 'Q2_K', 'Q3_K', 'IQ4_XS']));
});

describe.each(TYPES)('%s', (dtype) => {
  it('is kept block by block', async () => {
    const source = await open(gguf(dtype));
    const { bytes, report } = await pack(source);
    const artifact = await openBytes(bytes);
    await artifact.verify();
    for (const [name, tensor] of source.tensors) {
      const stored = tensorOf(artifact, name);
      expect(stored.encoding.dtype).toBe(tensor.shape.length > 1 ? dtype : 'f32');
      const isMoved = tensor.shape.length > 1 && (dtype === 'Q8_0' || dtype === 'Q4_0');
      expect(stored.encoding.layout).toBe(isMoved ? 'interleaved' : undefined);
      expect(await sameTensor(stored, tensor)).toBe(true);
    }
    expect(report.tensors.every(({ error }) => error === undefined)).toBe(true);
  });

  it('becomes f32 exactly, and q8 within half a step', async () => {
    const source = await open(gguf(dtype));
    const name = 'layers.0.wq.weight';
    const tensor = tensorOf(source, name);
    const values = await decoded(tensor);
    const rule = (type: string) => ({ recipe: { default: 'keep', rules: [{ pattern: name, type }] } });
    const f32 = await openBytes((await pack(source, rule('f32'))).bytes);
    expect(sameBytes(await decoded(tensorOf(f32, name)), values)).toBe(true);
    const { bytes, report } = await pack(source, rule('q8'));
    const q8 = await decoded(tensorOf(await openBytes(bytes), name));
    const columns = rowLength(tensor.shape);
    const rows = Array.from({ length: 256 }, (_, row) => values.subarray(row * columns, (row + 1) * columns));
    const within = rows.every((from, row) => {
      const most = from.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      const allowed = (most / 127) * 0.50001;
      return from.every((value, i) => Math.abs(value - (q8[row * columns + i] ?? Number.NaN)) <= allowed);
    });
    expect(within).toBe(true);
    expect(report.tensors.find((t) => t.name === name)?.error?.cosine).toBeGreaterThan(0.999);
  });
});

it.each(['Q4_K', 'Q4_0', 'Q8_0'] as const)('an artifact of %s is packed again without a change', async (dtype) => {
  const first = await pack(await open(gguf(dtype)));
  const artifact = await openBytes(first.bytes);
  const second = await openBytes((await pack(artifact)).bytes);
  for (const [name, tensor] of artifact.tensors) {
    expect(tensorOf(second, name).encoding).toEqual(tensor.encoding);
    expect(await sameTensor(tensorOf(second, name), tensor)).toBe(true);
  }
});

it('SLM1 refuses blocks, and takes them converted', async () => {
  const source = await open(gguf('Q8_0'));
  const error = await errorOf(planOf(source, { format: 'slm1' }));
  expect(error.message).toContain('as Q8_0');
  expect(error.message).toContain('SentencePiece');
});
