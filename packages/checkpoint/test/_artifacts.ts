/** SLM, GGUF and llama2.c files of tiny models, for the tests of this package. */
import { elementCount, memorySink } from '@mirust/core';
import { describeModel } from '@mirust/model';
import { createSlm2Writer, layoutSlm2, type Slm2Meta, type TensorDescription } from '@mirust/slm';
import { byteTokenizerModel, writeTokn } from '@mirust/tokenizer';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { array, buildGguf, bytes, concat, type FileSpec, f32, TYPE, text, u32 } from '../../gguf/test/_build.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { allTiles, buildSlm1, describeTensor, metaFor, TINY, tinySlm1 } from '../../slm/test/_support.ts';

export { TINY };

/** SLM1's tiny fixture in f32; its payload bytes are no sensible weights, which nothing here asks for. */
export function slm1File(): Promise<Uint8Array> {
  return buildSlm1(tinySlm1());
}

/** The same model as SLM2, every matrix q8. `change` edits names and shapes. */
export async function slm2File(
  part: Partial<Slm2Meta> = {},
  change: (tensors: TensorDescription[]) => TensorDescription[] = (tensors) => tensors,
): Promise<Uint8Array> {
  const { contract } = describeModel('llama', TINY);
  const tensors = change(
    contract.map(({ name, shape }) => describeTensor(name, shape.length > 1 ? 'q8' : 'f32', shape)),
  );
  const meta = { ...metaFor(tensors), ...part };
  const layout = layoutSlm2({ meta, tokenizerBytes: writeTokn(byteTokenizerModel()), tensors });
  const sink = memorySink(layout.byteLength);
  const writer = createSlm2Writer(layout, sink);
  for (const { name, tile } of allTiles(layout, 1000)) await writer.writeTensor(name, tile);
  await writer.finish(meta);
  await sink.commit();
  return sink.bytes();
}

/** A key of a GGUF with its value. */
export type GgufKey = NonNullable<FileSpec['metadata']>[number];

export function ggufText(key: string, value: string): GgufKey {
  return [key, TYPE.string, text(value)];
}

export function ggufU32(key: string, value: number): GgufKey {
  return [key, TYPE.uint32, u32(value)];
}

export function ggufF32(key: string, value: number): GgufKey {
  return [key, TYPE.float32, f32(value)];
}

/** Metadata of a llama model: 32 wide, one layer, four heads of 8, two of them for keys and values. */
export const GGUF_METADATA: readonly GgufKey[] = [
  ggufText('general.architecture', 'llama'),
  ggufText('general.name', 'tiny'),
  ggufText('general.license', 'mit'),
  ggufU32('llama.context_length', 64),
  ggufU32('llama.embedding_length', 32),
  ggufU32('llama.block_count', 1),
  ggufU32('llama.feed_forward_length', 32),
  ggufU32('llama.attention.head_count', 4),
  ggufU32('llama.attention.head_count_kv', 2),
  ggufF32('llama.attention.layer_norm_rms_epsilon', 1e-5),
];

/** A SentencePiece-like vocabulary of a GGUF: specials, bytes, a letter. 260 tokens. */
export function ggufVocabulary(): readonly GgufKey[] {
  const names = ['<unk>', '<s>', '</s>'];
  for (let byte = 0; byte < 256; byte++) names.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  names.push('a');
  const types = names.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1));
  return [
    ggufText('tokenizer.ggml.model', 'llama'),
    ['tokenizer.ggml.tokens', TYPE.array, array(TYPE.string, names.length, ...names.map(text))],
    ['tokenizer.ggml.scores', TYPE.array, array(TYPE.float32, names.length, ...names.map(() => f32(0)))],
    ['tokenizer.ggml.token_type', TYPE.array, array(TYPE.int32, names.length, ...types.map(u32))],
    ggufU32('tokenizer.ggml.bos_token_id', 1),
    ggufU32('tokenizer.ggml.eos_token_id', 2),
    ggufU32('tokenizer.ggml.unknown_token_id', 0),
  ];
}

/** A tensor of a GGUF: name, ggml type, shape outermost first, bytes. */
export interface GgufTensor {
  readonly name: string;
  readonly type: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Names and shapes of the model that {@link GGUF_METADATA} describes, output tied. */
export const GGUF_SHAPES: readonly (readonly [name: string, shape: readonly number[]])[] = [
  ['token_embd.weight', [260, 32]],
  ['output_norm.weight', [32]],
  ['blk.0.attn_norm.weight', [32]],
  ['blk.0.attn_q.weight', [32, 32]],
  ['blk.0.attn_k.weight', [16, 32]],
  ['blk.0.attn_v.weight', [16, 32]],
  ['blk.0.attn_output.weight', [32, 32]],
  ['blk.0.ffn_norm.weight', [32]],
  ['blk.0.ffn_gate.weight', [32, 32]],
  ['blk.0.ffn_up.weight', [32, 32]],
  ['blk.0.ffn_down.weight', [32, 32]],
];

/** Tensors of that model in f32: the n-th of a tensor has the value n + 1. */
export function ggufTensors(): GgufTensor[] {
  return GGUF_SHAPES.map(([name, shape]) => {
    const values = Float32Array.from({ length: elementCount(shape) }, (_, i) => i + 1);
    return { name, type: 0, shape, bytes: new Uint8Array(values.buffer) };
  });
}

/** A GGUF file with data. */
export function ggufFile(metadata: readonly GgufKey[], tensors: readonly GgufTensor[]): Uint8Array {
  let end = 0;
  const rows = tensors.map(({ name, type, shape, bytes: data }) => {
    const offset = end;
    end = Math.ceil((end + data.length) / 32) * 32;
    return { name, type, dims: [...shape].reverse(), offset };
  });
  const file = buildGguf({ metadata, tensors: rows, dataByteLength: end });
  const start = file.length - end;
  for (const [index, { bytes: data }] of tensors.entries()) file.set(data, start + (rows[index]?.offset ?? 0));
  return file;
}

/** Sizes of a llama2.c model. */
export interface Llama2cSpec {
  readonly version: 0 | 1;
  readonly dim?: number;
  readonly tied?: boolean;
  readonly vocabulary?: number;
}

/** A llama2.c file: dim 8, ffn 6, 2 layers, 4 heads (2 for keys and values), 12 tokens, 16 positions; values rise. */
export function llama2cFile({ version, dim = 8, tied = true, vocabulary = 12 }: Llama2cSpec): Uint8Array {
  const signed = version === 0 && !tied ? -vocabulary : vocabulary;
  const fields = concat(...[dim, 6, 2, 4, 2, signed, 16].map((value) => u32(value >>> 0)));
  const header =
    version === 0
      ? fields
      : concat(LLAMA2C_MAGIC, u32(1), fields, bytes(tied ? 1 : 0), new Uint8Array(256 - 4 - 4 - 28 - 1));
  const kv = dim / 2;
  const layer = 2 * dim + 2 * dim * dim + 2 * kv * dim + 3 * dim * 6;
  const rope = version === 0 ? 16 * (dim / 4) : 0;
  const count = vocabulary * dim * (tied ? 1 : 2) + 2 * layer + dim + rope;
  const values = Float32Array.from({ length: count }, (_, i) => i);
  return concat(header, new Uint8Array(values.buffer));
}

/** 0x616b3432 in little-endian order. */
const LLAMA2C_MAGIC: Uint8Array = bytes(0x32, 0x34, 0x6b, 0x61);

/** llama2.c's tokenizer.bin: longest token, then score, length and bytes of each; three specials, bytes, others. */
export function llama2cTokenizer(count: number): Uint8Array {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const others = Array.from({ length: count - 259 }, (_, i) => `t${i}`);
  const parts = ['<unk>', '\n<s>\n', '\n</s>\n', ...bytes, ...others].map((token) => {
    const text = new TextEncoder().encode(token);
    const record = new Uint8Array(8 + text.length);
    new DataView(record.buffer).setInt32(4, text.length, true);
    record.set(text, 8);
    return record;
  });
  const longest = Uint8Array.of(6, 0, 0, 0);
  return Uint8Array.from([longest, ...parts].flatMap((part) => [...part]));
}
