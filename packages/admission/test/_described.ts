/** Makes the examples that are described in words, by code. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, layoutCheckpoint, openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import {
  blobSource,
  checkShape,
  createEncoding,
  type DTypeName,
  httpSource,
  interleavedEncoding,
  memorySource,
} from '@mirust/core';
import { readGguf } from '@mirust/gguf';
import { MAX_SIGNATURE_BYTES, MODEL_SIGNING_PREDICATE } from '@mirust/provenance';
import { openTree } from '@mirust/provenance/node';
import { checkScales, decodeRows, encodedTile } from '@mirust/quant';
import { readSafetensors } from '@mirust/safetensors';
import { layoutSlm1, readSlm1, readSlm2, slm1NameHash } from '@mirust/slm';
import { writeBpe1 } from '@mirust/tokenizer';
// @boundaries-ignore bytes of a format are made where its reader is tested
import {
  GGUF_METADATA,
  type GgufTensor,
  ggufFile,
  ggufTensors,
  ggufText,
  ggufVocabulary,
  slm2File,
  TINY,
} from '../../checkpoint/test/_artifacts.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import {
  CONFIG,
  f32Tensor,
  json,
  safetensors,
  shardedDirectory,
  type TestFiles,
  type TestTensor,
  tinyTensors,
  utf8,
} from '../../checkpoint/test/_support.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { array, buildGguf, TYPE, text, u32 } from '../../gguf/test/_build.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { btok, buildSlm1, tinySlm1 } from '../../slm/test/_support.ts';
// @boundaries-ignore tokenizers are made where they are tested
import { theModel } from '../../tokenizer/test/_models.ts';
import type { ModelRunner } from '../src/index.ts';
import { checkTemplate } from '../src/template-check.ts';
import { checkWeights } from '../src/weights-check.ts';
import {
  assemble,
  directory,
  files,
  findingsUnder,
  type Subject,
  slm2Sections,
  withSectionDigest,
} from './_examples.ts';
import { certificateExample, FOLDER, keyExample, keylessExample, readExample, signedExample } from './_signed.ts';

/** The tiny directory with other tensors. */
function withTensors(change: (tensors: TestTensor[]) => readonly TestTensor[], more: TestFiles = {}): Subject {
  return directory({ 'model.safetensors': safetensors(change(tinyTensors())), ...more });
}

/** The tiny directory, every value of one tensor given by its index. */
function withValues(name: string, values: (index: number) => number): Subject {
  return withTensors((tensors) =>
    tensors.map((tensor) => {
      if (tensor.name !== name) return tensor;
      const floats = Float32Array.from({ length: tensor.bytes.length / 4 }, (_, index) => values(index));
      return { ...tensor, bytes: new Uint8Array(floats.buffer) };
    }),
  );
}

const added = (name: string, shape: readonly number[]): Subject =>
  withTensors((tensors) => [...tensors, f32Tensor(name, shape, 1)]);

/** Two shards with another index. */
function sharded(change: (weightMap: Record<string, string>) => void, metadata = {}): Subject {
  const parts = shardedDirectory();
  const name = 'model.safetensors.index.json';
  const index = JSON.parse(new TextDecoder().decode(parts[name])) as { weight_map: Record<string, string> };
  change(index.weight_map);
  return directory({ ...parts, [name]: json({ ...index, metadata }) }, ['model.safetensors']);
}

/** A stored tensor w. */
const stored = (dtype: DTypeName, shape: readonly number[], payload: Uint8Array, scales = new Uint8Array(0)) => ({
  name: 'w',
  encoding: createEncoding(dtype, shape),
  shape,
  payload,
  scales,
});

const encoded = (dtype: DTypeName, values: readonly number[]): Subject => {
  const shape = [1, values.length];
  const place = { tensor: 'w', firstRow: 0 };
  return () => encodedTile(createEncoding(dtype, shape), values.length, Float32Array.from(values), place);
};

/** A GGUF that is admitted, with other tensors. */
const gguf = (change: (tensors: GgufTensor[]) => GgufTensor[]): Subject =>
  files({ 'model.gguf': ggufFile([...GGUF_METADATA, ...ggufVocabulary()], change(ggufTensors())) }, 'model.gguf');

/** The vocabulary of a GGUF whose last token is another one. */
function ggufWithLastToken(token: string): Subject {
  const keys = ggufVocabulary().map((key) => {
    if (key[0] !== 'tokenizer.ggml.tokens') return key;
    const names = ['<unk>', '<s>', '</s>'];
    for (let byte = 0; byte < 256; byte++) names.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    names.push(token);
    return [key[0], TYPE.array, array(TYPE.string, names.length, ...names.map(text))] as const;
  });
  return files({ 'model.gguf': ggufFile([...GGUF_METADATA, ...keys], ggufTensors()) }, 'model.gguf');
}

/** A GGUF with a byte-level tokenizer of the 256 bytes and no name of a pre-tokenizer. */
function ggufByteLevel(): Subject {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let spare = 256;
  const names = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : spare++));
  const keys = [
    ggufText('tokenizer.ggml.model', 'gpt2'),
    ['tokenizer.ggml.tokens', TYPE.array, array(TYPE.string, names.length, ...names.map(text))],
    ['tokenizer.ggml.token_type', TYPE.array, array(TYPE.int32, names.length, ...names.map(() => u32(1)))],
    ['tokenizer.ggml.merges', TYPE.array, array(TYPE.string, 0)],
  ] as const;
  return files({ 'model.gguf': ggufFile([...GGUF_METADATA, ...keys], ggufTensors()) }, 'model.gguf');
}

/** An SLM2 file with another content of one section, all digests right. */
async function slm2With(kind: string, change: (content: Uint8Array) => Uint8Array): Promise<Uint8Array> {
  const contents = await slm2Sections();
  contents.set(kind, change(contents.get(kind) ?? new Uint8Array()));
  return assemble([...contents].map(([name, content]) => [name, content, 1] as const));
}

const slm = (bytes: Uint8Array): Subject => files({ 'model.slm': bytes }, 'model.slm');

/** Replaces a name in TENS by one of the same length. */
const renamed = (from: string, to: string) => (content: Uint8Array) => {
  const at = Buffer.from(content).indexOf(from);
  content.set(utf8(to), at);
  return content;
};

/** A server that answers with these status codes and headers, one after the other. */
function server(...answers: readonly (readonly [status: number, headers: Record<string, string>])[]): typeof fetch {
  let next = 0;
  return async () => {
    const [status, headers] = answers[Math.min(next++, answers.length - 1)] ?? [500, {}];
    return new Response(new Uint8Array(1), { status, headers });
  };
}

const URL_OF_MODEL = 'https://models.example/model.gguf';

/** The makers, by code. */
export const DESCRIBED: Readonly<Record<string, () => Subject | Promise<Subject>>> = {
  SHAPE_INVALID: () => () => checkShape([32, 0], 'tensor w'),
  SOURCE_NOT_FOUND: () => () => openPath('models/missing.gguf'),
  SOURCE_READ: () => {
    const failing = { size: 64, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('the disk failed')) }) };
    const source = blobSource(failing, 'model.slm');
    return { name: 'model.slm', primary: 'model.slm', names: ['model.slm'], open: async () => source };
  },
  SOURCE_CHANGED: () => async () => {
    const range = (etag: string, at: number) =>
      [206, { etag, 'content-range': `bytes ${at}-${at}/8`, 'content-length': '1' }] as const;
    const source = await httpSource(URL_OF_MODEL, {
      fetch: server(range('"first"', 0), range('"second"', 4)),
      readAheadBytes: 0,
    });
    await source.readInto(4, new Uint8Array(1));
  },
  SOURCE_NO_RANGES: () => () => httpSource(URL_OF_MODEL, { fetch: server([200, {}]) }),
  JSON_DEPTH: () => directory({ 'config.json': utf8('['.repeat(100_000)) }),
  JSON_TOO_LARGE: () => directory({ 'tokenizer.json': utf8(`[${'[],'.repeat(2 ** 20)}[]]`) }),
  GGUF_MAGIC: () => () => readGguf(memorySource(utf8('<!DOCTYPE html>'))),
  GGUF_LIMIT: () => () => {
    const letters = new Uint8Array(20_971_521).fill(0x61);
    return readGguf(memorySource(buildGguf({ metadata: [['k', TYPE.string, text(letters)]] }), 'model.gguf'));
  },
  SAFETENSORS_HEADER_LIMIT: () => () => {
    const header = utf8(`{"__metadata__": {"k": "${'a'.repeat(4_194_305 - 27)}"}}`);
    const bytes = new Uint8Array(8 + header.byteLength);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.byteLength), true);
    bytes.set(header, 8);
    return readSafetensors(memorySource(bytes, 'model.safetensors'));
  },
  GGUF_TRAILING_BYTES: () => {
    const file = ggufFile([...GGUF_METADATA, ...ggufVocabulary()], ggufTensors());
    return files({ 'model.gguf': Uint8Array.of(...file, ...new Uint8Array(4096)) }, 'model.gguf');
  },
  GGUF_TENSOR_ORDER: () => {
    let end = 0;
    const [first, second, ...rest] = ggufTensors().map(({ name, shape, bytes }) => {
      const offset = end;
      end += bytes.length;
      return { name, type: 0, dims: [...shape].reverse(), offset };
    });
    if (first === undefined || second === undefined) throw new Error('the model has tensors');
    const metadata = [...GGUF_METADATA, ...ggufVocabulary()];
    const file = buildGguf({ metadata, tensors: [second, first, ...rest], dataByteLength: end });
    return files({ 'model.gguf': file }, 'model.gguf');
  },
  SAFETENSORS_LIMIT: () => added('n'.repeat(2 ** 20), [1]),
  SAFETENSORS_SHARD_MISSING_TENSOR: () =>
    directory(
      {
        'model.safetensors.index.json': json({ weight_map: { t: 'weights.safetensors' } }),
        'weights.safetensors': safetensors([]),
      },
      ['model.safetensors'],
    ),
  SAFETENSORS_SHARD_EXTRA_TENSOR: () =>
    sharded((map) => {
      delete map['lm_head.weight'];
    }),
  SAFETENSORS_SHARD_DUPLICATE: () =>
    sharded((map) => {
      map['lm_head.weight'] = 'model-00002-of-00002.safetensors';
    }),
  SAFETENSORS_TOTAL_SIZE: () => sharded(() => {}, { total_size: 1 }),
  SLM1_TRUNCATED: async () => slm((await buildSlm1(tinySlm1())).slice(0, 107)),
  SLM1_MAGIC: async () => {
    const bytes = await slm2File();
    return () => readSlm1(memorySource(bytes));
  },
  SLM1_CANNOT_HOLD: () => () =>
    layoutSlm1({
      hyperparameters: { ...TINY, ropeScaling: { type: 'linear', factor: 2 } },
      tokenizerBytes: btok(),
    }),
  SLM1_TENSOR_OVERLAP: async () => {
    const bytes = await buildSlm1(tinySlm1('q8'));
    const entry = (name: string): number => {
      const view = new DataView(bytes.buffer);
      for (let at = 192; ; at += 64) if (view.getBigUint64(at, true) === slm1NameHash(name)) return at;
    };
    const from = entry('layers.0.wk.weight') + 32;
    bytes.copyWithin(entry('layers.0.wv.weight') + 32, from, from + 24);
    return slm(bytes);
  },
  SLM1_TENSOR_DUPLICATE: async () => {
    const bytes = await buildSlm1(tinySlm1('q8'));
    bytes.copyWithin(256, 192, 200);
    return slm(bytes);
  },
  SLM2_TRUNCATED: async () => slm((await slm2File()).slice(0, 63)),
  SLM2_MAGIC: async () => {
    const bytes = await buildSlm1(tinySlm1());
    return () => readSlm2(memorySource(bytes));
  },
  SLM2_LEAF_LENGTH: async () => slm(await slm2With('LEAF', (content) => Uint8Array.of(...content, ...content))),
  SLM2_DATA_DIGEST: async () => slm(withSectionDigest(await slm2File(), 'DATA', new Uint8Array(32).fill(7))),
  SLM2_META_TENSORS: async () =>
    slm(
      await slm2With('META', (content) => {
        const text = new TextDecoder().decode(content);
        return utf8(text.replace(',"norm.weight":{"requested":"f32"}', ''));
      }),
    ),
  SLM2_TENSOR_NAME: async () => slm(await slm2With('TENS', renamed('layers.0.attn_norm.weight', '\u001b'))),
  SLM2_TENSOR_ORDER: async () => slm(await slm2With('TENS', renamed('output.weight', 'kutput.weight'))),
  SLM2_DATA_LENGTH: async () =>
    slm(await slm2With('DATA', (content) => Uint8Array.of(...content, ...new Uint8Array(64)))),
  CHECKPOINT_EMPTY: () => files({ 'model.gguf': new Uint8Array() }, 'model.gguf'),
  CHECKPOINT_TOO_LARGE: () => directory({ 'config.json': utf8(' '.repeat(2 ** 20 + 1)) }),
  CHECKPOINT_DTYPE: () =>
    withTensors((tensors) =>
      tensors.map((tensor) => (tensor.name === 'model.norm.weight' ? { ...tensor, dtype: 'I32' } : tensor)),
    ),
  CHECKPOINT_INCOMPLETE: () => directory({}, ['config.json']),
  CHECKPOINT_TOKENIZER: () => {
    const letters = Array.from('abcdefghijklm', (letter, id) => [letter, id]);
    const model = { type: 'BPE', vocab: Object.fromEntries(letters), merges: [] };
    const spaces = (from: string, to: string) => ({ type: 'Replace', pattern: { String: from }, content: to });
    return directory({ 'tokenizer.json': json({ normalizer: spaces(' ', '▁'), decoder: spaces('▁', ' '), model }) });
  },
  CHECKPOINT_TWO_WEIGHTS: () => directory({ 'model.safetensors.index.json': json({ weight_map: {} }) }),
  CHECKPOINT_ROTARY_BUFFER: () => added('model.layers.0.self_attn.rotary_emb.inv_freq', [2]),
  CHECKPOINT_TIED_COPY: () => directory({ 'config.json': json({ ...CONFIG, tie_word_embeddings: true }) }),
  CHECKPOINT_CHAT_TEMPLATE: () => directory({ 'chat_template.jinja': utf8('x'.repeat(262_145)) }),
  MODEL_TENSOR_MISSING: () => withTensors((tensors) => tensors.filter(({ name }) => name !== 'model.norm.weight')),
  MODEL_TENSOR_UNKNOWN: () => added('model.layers.0.self_attn.q_proj.bias', [16]),
  MODEL_CONTEXT: () => async () => {
    const checkpoint = await openCheckpoint(directory());
    layoutCheckpoint(checkpoint, { context: 64 });
  },
  QUANT_NOT_FINITE: () => encoded('q8', [1, Number.NaN]),
  QUANT_PADDING: () => {
    const tensor = stored('q8', [3, 5], new Uint8Array(288));
    const view = new DataView(tensor.payload.buffer);
    for (let row = 0; row < 3; row++) view.setFloat32(4 * row, 0.5, true);
    tensor.payload[287] = 1;
    return () => checkScales({ ...tensor, encoding: interleavedEncoding(tensor.encoding, tensor.shape) });
  },
  QUANT_SCALE: () => {
    const scales = new Uint8Array(Float32Array.of(0.5, 0).buffer);
    return () => checkScales(stored('q8', [2, 4], new Uint8Array(8), scales));
  },
  QUANT_RANGE: () => encoded('f16', [70_000, 1]),
  QUANT_DTYPE: () => () => decodeRows(stored('IQ2_XXS', [1, 256], new Uint8Array(66)), 0, 1, new Float32Array(256)),
  TOKENIZER_MERGE_COUNT: () => {
    const merges = `"a a",`.repeat(2 ** 21);
    return directory({ 'tokenizer.json': utf8(tokenizerJson(`{"a": 0, "aa": 1}, "merges": [${merges}"a a"]`)) });
  },
  PRE_TOKENIZER_MISSING: ggufByteLevel,
  TOKEN_TYPE_OVERRIDDEN: () => ggufWithLastToken('<|im_end|>'),
  BPE1_NOT_EXPRESSIBLE: () => () => writeBpe1({ ...theModel(), addBos: false }),
  ADMISSION_TOKENIZER_MISSING: () => directory({}, ['tokenizer.json']),
  ADMISSION_ROUND_TRIP: () => directory(),
  ADMISSION_DTYPE: () =>
    gguf((tensors) =>
      tensors.map((tensor) => (tensor.name === 'blk.0.attn_q.weight' ? { ...tensor, type: 26 } : tensor)),
    ),
  ADMISSION_WEIGHT_NOT_FINITE: () => withValues('model.norm.weight', (index) => (index === 2 ? Number.NaN : index)),
  ADMISSION_WEIGHT_ZERO: () => withValues('model.layers.0.self_attn.q_proj.weight', () => 0),
  ADMISSION_WEIGHT_CONSTANT: () => withValues('model.layers.0.self_attn.q_proj.weight', () => 0.5),
  ADMISSION_WEIGHT_SCALE: () =>
    withValues('model.layers.0.mlp.up_proj.weight', (index) => (Math.floor(index / 8) === 2 ? 1e6 : 1)),
  ADMISSION_UNSAFE_NEIGHBOUR: () =>
    directory({ 'pytorch_model.bin': new Uint8Array(0), 'modeling_tiny.py': new Uint8Array(0) }),
  TEMPLATE_CRASH: () => async () => {
    const step = '{% set ns.s = ns.s + [range(60000)] %}';
    const hoard = `{% set ns = namespace(s=[]) %}{% for i in range(14) %}${step}{% endfor %}`;
    await checkTemplate(hoard, undefined, { budgets: { heapMebibytes: 16, milliseconds: 60_000 } });
  },
  TEMPLATE_TIME: () => async () => {
    const tree = '{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}';
    await checkTemplate(`${tree}{{ ns.s|tojson }}`, undefined, { budgets: { milliseconds: 100 } });
  },
  TEMPLATE_SANDBOX: () => async () => {
    const path = process.execPath;
    process.execPath = '/nonexistent/node';
    try {
      await checkTemplate('{{ messages[0].content }}', undefined);
    } finally {
      process.execPath = path;
    }
  },
  PROVENANCE_ENVELOPE: () => readExample('{"payloadType": "application/vnd.in-toto+json", "payload": "e30="}'),
  PROVENANCE_TOO_LARGE: () => readExample(' '.repeat(MAX_SIGNATURE_BYTES + 1)),
  PROVENANCE_BUNDLE: () =>
    readExample('{"mediaType": "application/vnd.dev.sigstore.bundle.v0.4+json", "verificationMaterial": {}}'),
  PROVENANCE_PAYLOAD_TYPE: () =>
    signedExample({ envelope: (json) => json.replace('application/vnd.in-toto+json', 'text/plain') }),
  PROVENANCE_KEY: () => keyExample('root.pem'),
  PROVENANCE_KEY_ALGORITHM: () => keyExample(RSA_KEY),
  PROVENANCE_NO_SIGNATURE: () => signedExample({ trusted: 2 }),
  PROVENANCE_SIGNATURE: () =>
    signedExample({
      envelope: (json) => json.replace(/"sig":"(.)/, (_, first) => `"sig":"${first === 'A' ? 'B' : 'A'}`),
    }),
  PROVENANCE_STATEMENT: () => signedExample({ statement: (statement) => ({ ...statement, subject: [] }) }),
  PROVENANCE_PREDICATE: () =>
    signedExample({ statement: (statement) => ({ ...statement, predicateType: MODEL_SIGNING_PREDICATE }) }),
  PROVENANCE_DIGEST_ALGORITHM: () =>
    signedExample({
      statement: (statement) => ({ ...statement, subject: [{ name: 'model.gguf', digest: { md5: '00' } }] }),
    }),
  PROVENANCE_SUBJECT: () => signedExample({ held: files({ 'model.gguf': utf8('another model') }, 'model.gguf') }),
  PROVENANCE_FILE_UNSIGNED: () =>
    signedExample({
      signed: FOLDER,
      held: files({ 'a.safetensors': utf8('a'), 'config.json': utf8('{}'), 'extra.json': utf8('{}') }),
    }),
  PROVENANCE_FILE_MISSING: () => signedExample({ signed: FOLDER, held: files({ 'a.safetensors': utf8('a') }) }),
  PROVENANCE_LINK: () => async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mirust-link-'));
    try {
      symlinkSync('.', join(folder, 'weights'));
      await (await openTree(folder)).list(() => false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  PROVENANCE_CERTIFICATE: () => certificateExample('certificate.sig', 'other-root.pem'),
  PROVENANCE_TRUSTED_ROOT: () => keylessExample({ trustedRoot: utf8('[]') }),
  PROVENANCE_TRANSPARENCY: () =>
    keylessExample({}, (bundle) => {
      const json = JSON.parse(bundle);
      json.dsseEnvelope.payload = 'e30=';
      return JSON.stringify(json);
    }),
  PROVENANCE_IDENTITY: () => keylessExample({ identity: 'other@example.com' }),
  ADMISSION_SAMPLED: () => () => {
    const shape = [20_000, 1024];
    const encoding = createEncoding('f32', shape);
    const readRows = async (_row: number, _count: number, payload: Uint8Array): Promise<void> => {
      payload.set([0, 0, 0x80, 0x3f]);
    };
    const tensors = new Map([['wide', { name: 'wide', sourceName: 'wide', shape, encoding, readRows }]]);
    return checkWeights({ tensors } as unknown as Checkpoint, { isSampled: true });
  },
  POLICY_PROBE: () => () => {
    const probes = [{ prompt: 'Once', expected: ' upon a time' }];
    return findingsUnder({ behaviour: { probes } }, RUNNER);
  },
  POLICY_PERPLEXITY: () => () => findingsUnder({ behaviour: { perplexity: { file: 't', maximum: 12 } } }, RUNNER),
  POLICY_DIVERGENCE: () => () =>
    findingsUnder({ behaviour: { divergence: { reference: 'r', file: 't', maximum: 0.05 } } }, RUNNER),
  POLICY_NOT_RUN: () => () => findingsUnder({ behaviour: { probes: [{ prompt: 'Once', expected: '' }] } }),
  ADMISSION_NOT_SCANNED: () => () => {
    const shape = [8, 2 ** 25];
    const tensor = { name: 'wide', sourceName: 'wide', shape, encoding: createEncoding('f32', shape) };
    return checkWeights({ tensors: new Map([['wide', tensor]]) } as unknown as Checkpoint, {});
  },
  ADMISSION_FINDINGS_OMITTED: () =>
    withTensors((tensors) => [
      ...tensors,
      ...Array.from({ length: 300 }, (_, index) => f32Tensor(`stranger.${index}`, [1], 0)),
    ]),
};

/** An RSA key. */
const RSA_KEY = generateKeyPairSync('rsa', { modulusLength: 1024 })
  .publicKey.export({ type: 'spki', format: 'pem' })
  .toString();

/** Runs nothing: a model that says one thing. */
const RUNNER: ModelRunner = async () => ({
  complete: async () => ' in a while',
  perplexity: async () => 15.5,
  divergence: async () => 0.25,
  free: async () => {},
});

function tokenizerJson(model: string): string {
  const spaces = (from: string, to: string): string =>
    JSON.stringify({ type: 'Replace', pattern: { String: from }, content: to });
  return `{"normalizer": ${spaces(' ', '▁')}, "decoder": ${spaces('▁', ' ')}, "model": {"type": "BPE", "vocab": ${model}}}`;
}
