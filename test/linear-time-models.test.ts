/** The readers of whole models, as linear-time.test.ts does it for the formats of headers: containers, tokenizers, the gate. */
import type { HyperparameterRecord, Slm2Meta } from '@mirust/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// @boundaries-ignore the builders of bytes live beside the readers' own tests
import { array, buildGguf, concat, f32, TYPE, text, u32 } from '../packages/gguf/test/_build.ts';
// @boundaries-ignore as above
import { buildSafetensors } from '../packages/safetensors/test/_build.ts';
import { MOST_EXPONENT, startWorkCounter, WHY_SKIPPED, type WorkCounter, workExponent } from './_work.ts';

let counter: WorkCounter | undefined;

/** Imported only after the counter has started: V8 counts in what it compiles from then on. */
interface Readers {
  readonly core: typeof import('@mirust/core');
  readonly gguf: typeof import('@mirust/gguf');
  readonly slm: typeof import('@mirust/slm');
  readonly tokenizer: typeof import('@mirust/tokenizer');
  readonly checkpoint: typeof import('@mirust/checkpoint');
  readonly admission: typeof import('@mirust/admission');
}
let readers: Readers;

beforeAll(async () => {
  counter = startWorkCounter(/packages\/(core|gguf|safetensors|slm|tokenizer|checkpoint|model|admission)\/src\//);
  readers = {
    core: await import('@mirust/core'),
    gguf: await import('@mirust/gguf'),
    slm: await import('@mirust/slm'),
    tokenizer: await import('@mirust/tokenizer'),
    checkpoint: await import('@mirust/checkpoint'),
    admission: await import('@mirust/admission'),
  };
});
afterAll(() => counter?.stop());

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

const SHAPE: HyperparameterRecord = {
  vocabSize: 260,
  hiddenSize: 2,
  layerCount: 1,
  headCount: 1,
  kvHeadCount: 1,
  headDim: 2,
  ffnSize: 2,
  maxContext: 16,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: true,
};

/** An SLM1 of so many layers, weights zero. */
async function slm1(layerCount: number): Promise<Uint8Array> {
  const { core, slm, tokenizer } = readers;
  const layout = slm.layoutSlm1({
    hyperparameters: { ...SHAPE, layerCount },
    tokenizerBytes: tokenizer.writeBtok(tokenizer.byteTokenizerModel()),
  });
  const sink = core.memorySink(layout.byteLength);
  const writer = slm.createSlm1Writer(layout, sink);
  for (const { name, byteLength } of layout.tensors) await writer.writeTensor(name, zeros(byteLength));
  await writer.finish();
  await sink.commit();
  return sink.bytes();
}

/** An SLM2 of so many tensors of one value. */
async function slm2(count: number): Promise<Uint8Array> {
  const { core, slm, tokenizer } = readers;
  const tensors = range(count).map((index) => {
    return { name: `t${index}`, shape: [1], encoding: core.createEncoding('f32', [1]) };
  });
  const meta: Slm2Meta = {
    formatVersion: 1,
    architecture: 'llama',
    hyperparameters: SHAPE,
    recipe: { default: 'keep', rules: [], q4BlockSize: 32, scaleType: 'f32' },
    tensors: Object.fromEntries(tensors.map(({ name }) => [name, { requested: 'f32' }])),
    sources: [],
    tool: { name: 'test', version: '1' },
  };
  const tokenizerBytes = tokenizer.writeTokn(tokenizer.byteTokenizerModel());
  const layout = slm.layoutSlm2({ meta, tokenizerBytes, tensors });
  const sink = core.memorySink(layout.byteLength);
  const writer = slm.createSlm2Writer(layout, sink);
  for (const { name, byteLength } of layout.tensors) await writer.writeTensor(name, zeros(byteLength));
  await writer.finish(meta);
  await sink.commit();
  return sink.bytes();
}

function zeros(byteLength: number) {
  return { payloadOffset: 0, payload: new Uint8Array(byteLength), scaleOffset: 0, scales: new Uint8Array(0) };
}

describe('containers', () => {
  test('SLM1: layers', async ({ skip }) => {
    const read = (file: Uint8Array) => readers.slm.readSlm1(readers.core.memorySource(file), { verify: false });
    const slope = await workExponent(counter, slm1, read, [32, 64, 128, 256]);
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeLessThan(MOST_EXPONENT);
  });

  test('SLM2: tensors, their records and their digests', async ({ skip }) => {
    const slope = await workExponent(
      counter,
      slm2,
      async (file) => {
        const source = readers.core.memorySource(file);
        await readers.slm.verifySlm2Data(source, await readers.slm.readSlm2(source));
      },
      [384, 768, 1536, 3072],
    );
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeLessThan(MOST_EXPONENT);
  });
});

/** Texts of one, two and more letters, all different, and how each is made of two before it. */
function merges(count: number): { readonly tokens: string[]; readonly pairs: string[] } {
  const letters = range(64).map((index) => String.fromCharCode(0x4e00 + index));
  const pairs = letters.flatMap((left) => letters.map((right) => `${left} ${right}`)).slice(0, count);
  return { tokens: [...letters, ...pairs.map((pair) => pair.replace(' ', ''))], pairs };
}

const BYTE_TOKENS = range(256).map((byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);

/** Metadata of a SentencePiece vocabulary with so many pieces. */
function ggufTokenizer(count: number): Uint8Array {
  const tokens = ['<unk>', '<s>', '</s>', ...BYTE_TOKENS, ...range(count).map((index) => `▁piece${index}`)];
  const types = tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1));
  return buildGguf({
    metadata: [
      ['tokenizer.ggml.model', TYPE.string, text('llama')],
      ['tokenizer.ggml.tokens', TYPE.array, array(TYPE.string, tokens.length, ...tokens.map((token) => text(token)))],
      ['tokenizer.ggml.scores', TYPE.array, array(TYPE.float32, tokens.length, ...tokens.map((_, id) => f32(-id)))],
      ['tokenizer.ggml.token_type', TYPE.array, array(TYPE.int32, tokens.length, ...types.map(u32))],
    ],
  });
}

/** A tokenizer.json of so many merges. */
function tokenizerJson(count: number): string {
  const { tokens, pairs } = merges(count);
  const all = ['<unk>', ...BYTE_TOKENS, ...tokens];
  return JSON.stringify({
    version: '1.0',
    added_tokens: [],
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
      ],
    },
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(all.map((token, id) => [token, id])),
      merges: pairs,
    },
  });
}

/** llama2.c's tokenizer.bin of so many pieces behind the bytes. */
function tokenizerBin(count: number): Uint8Array {
  const tokens = ['<unk>', '\n<s>\n', '\n</s>\n', ...BYTE_TOKENS, ...range(count).map((index) => ` piece${index}`)];
  const encoder = new TextEncoder();
  return concat(
    u32(32),
    ...tokens.flatMap((token, id) => [f32(-id), u32(encoder.encode(token).length), encoder.encode(token)]),
  );
}

/** A field of a protocol buffer that holds bytes, shorter than 128. */
const field = (number: number, content: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(number * 8 + 2, content.length), content);

/** A tokenizer.model of so many pieces. */
function sentencePiece(count: number): Uint8Array {
  const encoder = new TextEncoder();
  const piece = (value: string, score: number, type: number): Uint8Array =>
    field(1, concat(field(1, encoder.encode(value)), Uint8Array.of(2 * 8 + 5), f32(score), Uint8Array.of(3 * 8, type)));
  const start = [piece('<unk>', 0, 2), piece('<s>', 0, 3), piece('</s>', 0, 3)];
  // The trainer's model type 2 is BPE.
  const trainer = field(2, Uint8Array.of(3 * 8, 2));
  return concat(...start, ...range(count).map((index) => piece(`▁piece${index}`, -index, 1)), trainer);
}

describe('tokenizers', () => {
  const rows: readonly (readonly [name: string, make: (size: number) => unknown, read: (input: never) => unknown])[] = [
    [
      'GGUF',
      (n) => readers.gguf.readGguf(readers.core.memorySource(ggufTokenizer(n))),
      (file: import('@mirust/gguf').GgufFile) => readers.tokenizer.tokenizerFromGguf(file.metadata),
    ],
    ['tokenizer.json', tokenizerJson, (json: string) => readers.tokenizer.tokenizerFromHuggingFace(json)],
    ['tokenizer.model', sentencePiece, (file: Uint8Array) => readers.tokenizer.tokenizerFromSentencePiece(file)],
    [
      'tokenizer.bin',
      (n) => ({ file: tokenizerBin(n), count: 259 + n }),
      ({ file, count }: { file: Uint8Array; count: number }) => readers.tokenizer.tokenizerFromLlama2c(file, count),
    ],
    [
      'TOKN',
      (n) => readers.tokenizer.writeTokn(readers.tokenizer.tokenizerFromHuggingFace(tokenizerJson(n)).model),
      (section: Uint8Array) => readers.tokenizer.readTokn(section),
    ],
  ];
  test.for(rows)('%s', async ([, make, read], { skip }) => {
    const slope = await workExponent(counter, make, (input) => read(input as never));
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeLessThan(MOST_EXPONENT);
  });

  test('all merges of a tokenizer.json are read', () => {
    expect(readers.tokenizer.tokenizerFromHuggingFace(tokenizerJson(4000)).model.merges).toHaveLength(12_000);
  });
});

describe('the gate', () => {
  const config = new TextEncoder().encode(
    JSON.stringify({
      model_type: 'llama',
      vocab_size: 260,
      hidden_size: 2,
      num_hidden_layers: 1,
      num_attention_heads: 1,
      intermediate_size: 2,
    }),
  );
  const directory = (count: number): Uint8Array =>
    buildSafetensors(
      Object.fromEntries(range(count).map((i) => [`t${i}`, { dtype: 'U8', shape: [1], data_offsets: [i, i + 1] }])),
      count,
    );
  const check = async (file: Uint8Array): Promise<void> => {
    const { core, checkpoint, admission } = readers;
    const sources = { 'config.json': config, 'model.safetensors': file };
    const files = Object.entries(sources).map(([name, bytes]) => [name, core.memorySource(bytes, name)] as const);
    const report = await admission.admit(checkpoint.fileSetOf(new Map(files)));
    expect(report.verdict).toBe('rejected');
  };

  test('a directory of unknown tensors', async ({ skip }) => {
    const slope = await workExponent(counter, directory, check);
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeLessThan(MOST_EXPONENT);
  });

  test('the measure sees a quadratic control', async ({ skip }) => {
    const control = async (file: Uint8Array): Promise<void> => {
      for (let done = 0; done < file.byteLength; done += 20_000) await check(file);
    };
    const slope = await workExponent(counter, directory, control);
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeGreaterThan(1.6);
  });
});
