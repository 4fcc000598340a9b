/** Small right files of every format, made by the project's own writers: where a corpus begins. */
import { starterPolicy } from '@mirust/admission';
import { createEncoding, interleavedEncoding, memorySink } from '@mirust/core';
import { createGgufWriter, layoutGguf } from '@mirust/gguf';
import { writeManifest, writeSidecar } from '@mirust/integrity';
import { describeModel } from '@mirust/model';
import { createSlm1Writer, createSlm2Writer, layoutSlm1, layoutSlm2 } from '@mirust/slm';
import { byteTokenizerModel, readBpe1, tokenizerFromHuggingFace, writeBtok, writeTokn } from '@mirust/tokenizer';
import { concat, encodeVarint, utf8 } from './mutate/bytes.mjs';

const json = (value) => utf8(JSON.stringify(value));
const words = (...values) => new Uint8Array(Uint32Array.from(values).buffer);
const floats = (...values) => new Uint8Array(Float32Array.from(values).buffer);

/** Names of byte tokens, as SentencePiece writes them. */
const BYTE_NAMES = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);

/** As small as a model can be that every container holds. */
const TINY = {
  vocabSize: 260,
  hiddenSize: 2,
  layerCount: 1,
  headCount: 1,
  kvHeadCount: 1,
  headDim: 2,
  ffnSize: 2,
  maxContext: 16,
  ropeTheta: 10_000,
  rmsNormEpsilon: Math.fround(1e-5),
  tiedOutput: true,
};

/** Payloads of ones and scales of a half, which every rule of both containers allows. */
async function fillSlm(layout, createWriter, ...finish) {
  const sink = memorySink(layout.byteLength);
  const writer = createWriter(layout, sink);
  for (const { name, encoding, byteLength, scaleByteLength } of layout.tensors) {
    const half = encoding.scaleType === 'f16' ? [0, 0x38] : [0, 0, 0, 0x3f];
    const payload = encoding.layout === 'interleaved' ? new Uint8Array(byteLength) : new Uint8Array(byteLength).fill(1);
    const scales = Uint8Array.from({ length: scaleByteLength }, (_, i) => half[i % half.length]);
    await writer.writeTensor(name, { payloadOffset: 0, payload, ...(scaleByteLength > 0 ? { scales } : {}) });
  }
  await writer.finish(...finish);
  await sink.commit();
  return sink.bytes();
}

/** A BPE1 section: roles with names, two letters, one merge. */
export function bpe1Section() {
  const token = (id, text) => concat([words(id, utf8(text).length), utf8(text)]);
  return concat([
    utf8('BPE1'),
    words(1, 262, 256, 257, 258, 259, 6, 2),
    ...['<s>', '</s>', '<pad>', '<unk>', 'ab', 'abc'].map((text, i) => token(256 + i, text)),
    words(97, 98, 260, 0, 260, 99, 261, 1),
  ]);
}

async function slm1Seeds() {
  const make = (hyperparameters, tokenizerBytes, dtype) =>
    fillSlm(
      layoutSlm1({
        hyperparameters,
        tokenizerBytes,
        encoding: (_, shape) => createEncoding(dtype, shape, { blockSize: 2 }),
      }),
      createSlm1Writer,
    );
  return [
    await make(TINY, writeBtok(byteTokenizerModel()), 'q8'),
    await make(TINY, writeBtok(byteTokenizerModel()), 'q4'),
    await make({ ...TINY, vocabSize: 262, tiedOutput: false }, bpe1Section(), 'f32'),
  ];
}

/** META that goes with some tensors. */
function metaOf(hyperparameters, tensors, part = {}) {
  const statistics = {
    maxAbsoluteError: '+1.250000000e-001',
    rmsError: '+3.000000000e-002',
    relativeRmsError: '+1.000000000e-002',
    cosine: '+9.990000000e-001',
  };
  const records = tensors.map(({ name, encoding: { dtype } }) => {
    return [name, { requested: dtype, ...(dtype === 'q8' || dtype === 'q4' ? { statistics } : {}) }];
  });
  return {
    formatVersion: 1,
    architecture: 'llama',
    hyperparameters,
    recipe: { default: 'keep', rules: [], q4BlockSize: 2, scaleType: 'f32' },
    tensors: Object.fromEntries(records),
    sources: [{ name: 'a.safetensors', byteLength: 5, sha256: 'ab'.repeat(32) }],
    tool: { name: 'fuzz', version: '1' },
    ...part,
  };
}

async function slm2Seeds() {
  const small = { ...TINY, vocabSize: 12 };
  const make = (hyperparameters, encodingOf, part) => {
    const tensors = describeModel('llama', hyperparameters).contract.map(({ name, shape }) => {
      return { name, shape, encoding: shape[0] > 2 ? encodingOf(shape) : createEncoding('f32', shape) };
    });
    const meta = metaOf(hyperparameters, tensors, part);
    return fillSlm(layoutSlm2({ meta, tokenizerBytes: writeTokn(smallTokenizer()), tensors }), createSlm2Writer, meta);
  };
  const interleaved = (shape) => interleavedEncoding(createEncoding('q8', shape), shape);
  return [
    await make(small, (shape) => createEncoding('q8', shape)),
    await make(small, (shape) => createEncoding('q4', shape, { blockSize: 2, scaleType: 'f16' }), {
      chatTemplate: '{{ messages }}',
      license: 'mit',
      generation: { eosTokenIds: [1] },
    }),
    await make({ ...small, tiedOutput: false, ropeScaling: { type: 'linear', factor: 2 } }, (shape) =>
      createEncoding('bf16', shape),
    ),
    await make(small, interleaved).catch(() => make(small, (shape) => createEncoding('f32', shape))),
  ];
}

/** A tokenizer of a few tokens. */
function smallTokenizer() {
  return tokenizerFromHuggingFace(new TextDecoder().decode(json(byteLevelJson()))).model;
}

/** A tokenizer.json of the plainest kind. */
export function byteLevelJson() {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: ['<s>', '</s>'].map((content, id) => {
      return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
    }),
    normalizer: { type: 'NFC' },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: { '<s>': 0, '</s>': 1, a: 2, b: 3, c: 4, Ġ: 5, ab: 6, abc: 7 },
      merges: [
        ['a', 'b'],
        ['ab', 'c'],
      ],
    },
  };
}

function metaspaceJson() {
  const plain = byteLevelJson();
  return {
    ...plain,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      ...plain.model,
      unk_token: '<s>',
      fuse_unk: true,
      byte_fallback: true,
      vocab: { '<s>': 0, '</s>': 1, '<0x41>': 2, a: 3, b: 4, '▁': 5, ab: 6, '▁a': 7 },
      merges: ['a b', '▁ a'],
    },
  };
}

const SPLIT =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

function splitJson() {
  return {
    ...byteLevelJson(),
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: SPLIT }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
  };
}

async function ggufSeeds() {
  const text = (value) => ({ type: 'string', value });
  const u32 = (value) => ({ type: 'uint32', value });
  const f32 = (value) => ({ type: 'float32', value });
  const write = async (metadata, tensors) => {
    const layout = layoutGguf({ metadata: new Map(Object.entries(metadata)), tensors });
    const sink = memorySink(layout.byteLength);
    const writer = createGgufWriter(layout, sink);
    for (const { name, byteLength } of layout.tensors)
      await writer.writeTensor(name, 0, new Uint8Array(byteLength).fill(1));
    await writer.finish();
    await sink.commit();
    return sink.bytes();
  };
  const array = (elementType, values) => ({ type: 'array', elementType, values });
  const matrix = (name, ...shape) => ({ name, dtype: 'f32', shape });
  const llama = {
    'general.architecture': text('llama'),
    'llama.context_length': u32(16),
    'llama.embedding_length': u32(2),
    'llama.block_count': u32(1),
    'llama.feed_forward_length': u32(2),
    'llama.attention.head_count': u32(1),
    'llama.attention.layer_norm_rms_epsilon': f32(1e-5),
  };
  const sentencePiece = {
    'tokenizer.ggml.model': text('llama'),
    'tokenizer.ggml.tokens': array('string', ['<unk>', '<s>', '</s>', '<0x41>', 'a', '▁', 'b', 'ab']),
    'tokenizer.ggml.scores': array('float32', Float32Array.of(0, 0, 0, 0, -1, -2, -3, -4)),
    'tokenizer.ggml.token_type': array('int32', Int32Array.of(2, 3, 3, 6, 1, 1, 4, 1)),
    'tokenizer.ggml.bos_token_id': u32(1),
    'tokenizer.ggml.eos_token_id': u32(2),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: true },
  };
  const byteLevel = {
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('qwen2'),
    'tokenizer.ggml.tokens': array('string', ['a', 'b', 'ab', 'Ġ', '<|end|>']),
    'tokenizer.ggml.merges': array('string', ['a b']),
    'tokenizer.ggml.token_type': array('int32', Int32Array.of(1, 1, 1, 1, 3)),
    'tokenizer.ggml.eos_token_id': u32(4),
  };
  const layer = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];
  const tensors = [
    matrix('token_embd.weight', 8, 2),
    matrix('output_norm.weight', 2),
    ...['attn_norm', 'ffn_norm'].map((name) => matrix(`blk.0.${name}.weight`, 2)),
    ...layer.map((name) => matrix(`blk.0.${name}.weight`, 2, 2)),
  ];
  const kinds = Object.fromEntries([
    ...['uint8', 'int8', 'uint16', 'int16', 'int32', 'float64'].map((type) => [type, { type, value: 7 }]),
    ['u64', { type: 'uint64', value: 7n }],
    ['i64', { type: 'int64', value: -7n }],
    ['bools', array('bool', [true, false])],
    ['longs', array('uint64', BigUint64Array.of(1n, 2n))],
    ['bytes', array('uint8', Uint8Array.of(1, 2, 3))],
  ]);
  return [
    await write({ ...llama, ...sentencePiece }, tensors),
    await write({ 'general.alignment': u32(64), ...byteLevel }, []),
    await write(kinds, [
      { name: 'q', dtype: 'Q4_0', shape: [2, 32] },
      { name: 'k', dtype: 'Q8_0', shape: [64] },
    ]),
  ];
}

function safetensors(header, dataByteLength) {
  const text = json(header);
  const length = new Uint8Array(8);
  length[0] = text.length & 0xff;
  length[1] = text.length >>> 8;
  return concat([length, text, new Uint8Array(dataByteLength).fill(1)]);
}

function safetensorsSeeds() {
  return [
    safetensors(
      {
        __metadata__: { format: 'pt' },
        a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
        b: { dtype: 'BF16', shape: [3], data_offsets: [16, 22] },
        c: { dtype: 'U8', shape: [0], data_offsets: [22, 22] },
        d: { dtype: 'F8_E4M3', shape: [], data_offsets: [22, 23] },
      },
      23,
    ),
    safetensors({}, 0),
  ];
}

const CONFIG = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  vocab_size: 12,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  intermediate_size: 6,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: false,
};

function policySeeds() {
  const own = {
    version: 1,
    extends: 'strict',
    formats: ['slm2'],
    licenses: ['mit'],
    maxFileBytes: '1.5GB',
    maxParameters: 10,
    memory: { budget: '2GiB', context: 8, kvCache: 'q8', threads: 2 },
    rootDigests: ['ab'.repeat(32)],
    signatures: { keys: ['k'], minimum: 1 },
    provenance: { require: ['license'], baseModels: ['b'] },
    weights: { scan: 'sampled' },
    behaviour: { probes: [{ prompt: 'a', expected: 'b' }], perplexity: { file: 't', maximum: 2 } },
    severities: { 'MR-W002': 'error', POLICY_PROVENANCE: 'warning' },
    suppressions: [{ rule: 'MR-W002', tensor: 'a*', file: '*.slm', reason: 'why', expires: '2027-01-31' }],
  };
  return [json(own), utf8(starterPolicy('server')), utf8('{ "version": 1, /* c */ "extends": "browser-512mb", }')];
}

function configSeeds() {
  const llama3 = {
    rope_type: 'llama3',
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 16,
  };
  return [
    json(CONFIG),
    json({ ...CONFIG, rope_scaling: llama3, torch_dtype: 'bfloat16' }),
    json({
      ...CONFIG,
      model_type: 'mistral',
      architectures: ['MistralForCausalLM'],
      sliding_window: 8,
      rope_parameters: { rope_type: 'linear', factor: 2, rope_theta: 5e5 },
    }),
  ];
}

/** A field of a protocol buffer. */
function field(number, value) {
  if (typeof value === 'number') return concat([encodeVarint(BigInt(number * 8)), encodeVarint(BigInt(value))]);
  return concat([encodeVarint(BigInt(number * 8 + 2)), encodeVarint(BigInt(value.length)), value]);
}

function sentencePieceSeeds() {
  const piece = (text, score, type) =>
    field(1, concat([field(1, utf8(text)), encodeVarint(21n), floats(score), ...(type === 1 ? [] : [field(3, type)])]));
  const rows = [
    ['<unk>', 0, 2],
    ['<s>', 0, 3],
    ['</s>', 0, 3],
    ['▁', -1, 1],
    ['a', -2, 1],
    ['▁a', -3, 1],
    ['user', 0, 4],
    ['gone', 0, 5],
  ];
  const bytes = BYTE_NAMES.map((name) => [name, 0, 6]);
  const pieces = (list) => concat(list.map((row) => piece(...row)));
  const roles = [field(3, 2), field(40, 0), field(41, 1), field(42, 2), field(43, -1)];
  const trainer = (...more) => field(2, concat([...roles, ...more]));
  const normalizer = field(3, concat([field(1, utf8('identity')), field(3, 1), field(4, 0), field(5, 1)]));
  return [
    concat([pieces(rows), trainer(field(4, rows.length)), normalizer]),
    concat([pieces([...rows, ...bytes]), trainer(field(35, 1)), normalizer]),
    concat([pieces(rows.slice(0, 5)), field(2, field(3, 2))]),
  ];
}

/** llama2.c's tokenizer of 262 tokens. */
export function llama2cTokenizer() {
  const rows = ['<unk>', '\n<s>\n', '\n</s>\n', ...BYTE_NAMES, 'a', ' ', ' a'].map((token, id) => {
    const text = utf8(token);
    return concat([floats(id < 259 ? 0 : -id), words(text.length), text]);
  });
  return concat([words(8), ...rows]);
}

function llama2cSeeds() {
  const make = (version, tied) => {
    const [dim, hidden, layers, heads, kvHeads, vocabulary, positions] = [4, 3, 1, 2, 1, 262, 4];
    const sizes = words(
      dim,
      hidden,
      layers,
      heads,
      kvHeads,
      (version === 0 && !tied ? -vocabulary : vocabulary) >>> 0,
      positions,
    );
    const header =
      version === 0
        ? sizes
        : concat([words(0x616b3432, 1), sizes, Uint8Array.of(tied ? 1 : 0), new Uint8Array(256 - 37)]);
    const kv = (dim / heads) * kvHeads;
    const layer = 2 * dim + 2 * dim * dim + 2 * kv * dim + 3 * dim * hidden;
    const rope = version === 0 ? positions * (dim / heads) : 0;
    return concat([header, new Uint8Array(4 * (vocabulary * dim * (tied ? 1 : 2) + layers * layer + dim + rope))]);
  };
  return [make(0, true), make(1, true), make(0, false)];
}

function manifestSeeds() {
  const make = (artifact, part = {}) =>
    utf8(
      writeManifest({
        manifestVersion: 1,
        artifact: { fileName: 'a.slm', byteLength: 4096, ...artifact },
        model: { architecture: 'llama', hyperparameters: TINY, parameterCount: 9 },
        tensors: [{ name: 'a.weight', encoding: 'q8', scaleType: 'f32', shape: [2, 3], byteLength: 14 }],
        sources: [{ name: 'a.safetensors', byteLength: 5, sha256: 'ab'.repeat(32) }],
        tool: { name: 'fuzz', version: '1' },
        admission: { state: 'not-run', requiredNextGate: 'structure' },
        ...part,
      }),
    );
  return [
    make(
      { format: 'slm2', rootDigest: 'cd'.repeat(32) },
      { recipe: { default: 'q8', rules: [], q4BlockSize: 32, scaleType: 'f32' } },
    ),
    make({ format: 'slm1', sha256: 'cd'.repeat(32), checksum: '0123456789abcdef' }),
  ];
}

function sidecarSeeds() {
  const { ropeTheta: _, rmsNormEpsilon: __, ...shape } = TINY;
  return [
    writeSidecar({
      modelPath: 'tiny.slm',
      byteLength: 22272,
      checksum: '0123456789abcdef',
      ...shape,
      tensorCount: 12,
      parameterCount: 4824,
      quantization: 'q8',
      sourceKind: 'converted-trained',
      qualityClaim: 'none',
      trainedQualityClaim: 'a claim',
      admissionStatus: 'admitted',
      requiredNextGate: 'none',
    }),
  ];
}

/** The seeds of a format, by its name. */
export const SEEDS = {
  slm1: slm1Seeds,
  slm2: slm2Seeds,
  gguf: ggufSeeds,
  safetensors: safetensorsSeeds,
  'safetensors-index': () => [
    json({ metadata: { total_size: 8 }, weight_map: { a: 'm-1.safetensors', b: 'm-2.safetensors' } }),
  ],
  json: () => [utf8('{"a":[1,-2.5e3,true,null,"x\\u0041\\n\u00e9"],"b":{"c":{}}}'), utf8(' [ ] ')],
  'tokenizer-json': () => [byteLevelJson(), metaspaceJson(), splitJson()].map(json),
  'tokenizer-config': () => [
    json({ add_bos_token: true, bos_token: '<s>', eos_token: { content: '</s>' }, unk_token: null }),
  ],
  sentencepiece: sentencePieceSeeds,
  'llama2c-tokenizer': () => [llama2cTokenizer()],
  llama2c: llama2cSeeds,
  bpe1: () => [bpe1Section(), writeBtok(byteTokenizerModel())],
  tokn: () => [
    writeTokn(smallTokenizer()),
    writeTokn(readBpe1(bpe1Section())),
    ...[metaspaceJson(), splitJson()].map((one) => writeTokn(tokenizerFromHuggingFace(JSON.stringify(one)).model)),
  ],
  config: configSeeds,
  manifest: manifestSeeds,
  policy: policySeeds,
  sidecar: sidecarSeeds,
};
