/** The gate on checkpoints of other formats: all problems of a contract, tokenizers, types, texts, whole directories. */
import { describe, expect, it } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import {
  GGUF_METADATA,
  type GgufKey,
  type GgufTensor,
  ggufFile,
  ggufTensors,
  ggufText,
  ggufU32,
  ggufVocabulary,
  llama2cFile,
  llama2cTokenizer,
} from '../../checkpoint/test/_artifacts.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import {
  CONFIG,
  f32Tensor,
  json,
  safetensors,
  type TestFiles,
  type TestTensor,
  tinyTensors,
  utf8,
  watchedFiles,
} from '../../checkpoint/test/_support.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { array, f32, TYPE, text, u32 } from '../../gguf/test/_build.ts';
import { MAX_FINDINGS } from '../src/index.ts';
import { admitFiles, admitSet, outcomes, problems, warnings } from './_support.ts';

/** The tiny model with 260 tokens, tensors as given. */
function directory(tensors: readonly TestTensor[], extra: TestFiles = {}): TestFiles {
  return { 'config.json': json({ ...CONFIG, vocab_size: 260 }), 'model.safetensors': safetensors(tensors), ...extra };
}

/** Its tensors. */
function goodTensors(): TestTensor[] {
  return tinyTensors().map((tensor) => (tensor.shape[0] === 12 ? f32Tensor(tensor.name, [260, 8], 0) : tensor));
}

function gguf(
  tensors: readonly GgufTensor[] = ggufTensors(),
  metadata: readonly GgufKey[] = ggufVocabulary(),
): TestFiles {
  return { 'a.gguf': ggufFile([...GGUF_METADATA, ...metadata], tensors) };
}

describe('formats without digests', () => {
  it('a GGUF file is admitted', async () => {
    const report = await admitFiles(gguf(), 'a.gguf');
    expect([report.verdict, report.artifact.format, report.findings]).toEqual(['admitted', 'gguf', []]);
  });

  it.each([0, 1] as const)('llama2.c version %i is admitted', async (version) => {
    const files = { 'a.bin': llama2cFile({ version, vocabulary: 260 }), 'tokenizer.bin': llama2cTokenizer(260) };
    const report = await admitFiles(files, 'a.bin');
    expect([report.verdict, report.artifact.format, report.findings]).toEqual(['admitted', 'llama2c', []]);
  });
});

describe('a broken contract', () => {
  it('lists every problem, and what else is wrong', async () => {
    const tensors = goodTensors()
      .filter(({ name }) => !name.includes('k_proj'))
      .map((tensor) => (tensor.name.includes('up_proj') ? f32Tensor(tensor.name, [8, 6], 0) : tensor));
    const report = await admitFiles(directory([...tensors, f32Tensor('extra', [1], 0)]));
    expect(report.verdict).toBe('rejected');
    expect(report.findings.map(({ rule, tensor }) => `${rule} ${tensor}`)).toEqual([
      'MODEL_TENSOR_MISSING layers.0.wk.weight',
      'MODEL_TENSOR_SHAPE layers.0.w3.weight',
      'MODEL_TENSOR_MISSING layers.1.wk.weight',
      'MODEL_TENSOR_SHAPE layers.1.w3.weight',
      'MODEL_TENSOR_UNKNOWN extra',
      'ADMISSION_TOKENIZER_MISSING undefined',
    ]);
    expect(report.findings.slice(0, 5).every((finding) => finding.class === 'contract')).toBe(true);
    expect(report.findings.every(({ remedy }) => remedy !== undefined)).toBe(true);
    expect(outcomes(report)).toEqual(['passed', 'passed', 'failed', 'failed', 'passed']);
    expect(report.artifact).toMatchObject({ format: 'huggingface', architecture: 'llama' });
  });

  it('of tens of thousands of problems lists as many as a report holds, and counts the others', async () => {
    const count = 30_000;
    const strangers = Array.from({ length: count }, (_, i) => f32Tensor(`x${i}`, [1], i));
    const report = await admitFiles(directory(strangers));
    expect(report.verdict).toBe('rejected');
    expect(report.findings).toHaveLength(MAX_FINDINGS + 1);
    expect(report.findings.at(-1)).toMatchObject({
      rule: 'ADMISSION_FINDINGS_OMITTED',
      severity: 'warning',
      // 21 tensors are missing, and there is no tokenizer.
      message: `${(count + 22 - MAX_FINDINGS).toLocaleString('en-US')} more findings are not listed`,
    });
  });

  it('names text of the file safely', async () => {
    const name = `\u001b[31m\u202e${'x'.repeat(900)}\u0000`;
    const report = await admitFiles(directory([...goodTensors(), f32Tensor(name, [1], 0)]));
    const finding = report.findings.find(({ rule }) => rule === 'MODEL_TENSOR_UNKNOWN');
    expect(finding?.message).toMatch(/^tensor \\u\{1b\}\[31m\\u\{202e\}x+… \(907 characters\) has no place/);
    const evil = ggufText('general.architecture', '\u001b]0;evil\u0007\u2066');
    const other = await admitFiles({ 'a.gguf': ggufFile([evil], []) }, 'a.gguf');
    expect(problems(other)).toEqual(['unsupported MODEL_ARCHITECTURE']);
    expect(other.findings[0]?.message).toContain('\\u{1b}]0;evil\\u{7}\\u{2066}');
  });

  it('names of files and directories too', async () => {
    const report = await admitFiles({ 'evil\u001b[2J\u202e.bin': utf8('nothing') }, 'evil\u001b[2J\u202e.bin');
    expect(report.file).toBe('evil\\u{1b}[2J\\u{202e}.bin');
    expect((await admitFiles({}, undefined)).file).toBe('directory');
  });
});

describe('types', () => {
  it('that the runtime cannot compute with: every tensor', async () => {
    const metadata = GGUF_METADATA.map((entry) =>
      ['llama.embedding_length', 'llama.feed_forward_length'].includes(String(entry[0]))
        ? ggufU32(String(entry[0]), 256)
        : entry,
    );
    const tensors = ggufTensors().map((tensor): GgufTensor => {
      const shape = tensor.shape.map((size, axis) =>
        axis === tensor.shape.length - 1 || size === 32 ? 256 : size * (size === 16 ? 8 : 1),
      );
      const count = shape.reduce((product, size) => product * size, 1);
      if (shape.length === 1) return { ...tensor, shape, bytes: new Uint8Array(count * 4) };
      // 16 is IQ2_XXS: 66 bytes for 256 values.
      return { ...tensor, shape, type: 16, bytes: new Uint8Array((count / 256) * 66) };
    });
    const report = await admitFiles({ 'a.gguf': ggufFile([...metadata, ...ggufVocabulary()], tensors) }, 'a.gguf');
    expect(report.verdict).toBe('rejected');
    expect(new Set(problems(report))).toEqual(new Set(['unsupported ADMISSION_DTYPE']));
    expect(problems(report)).toHaveLength(8);
    expect(report.findings[0]?.message).toBe('tensor tok_embeddings.weight is stored as IQ2_XXS');
    expect(outcomes(report)).toEqual(['passed', 'passed', 'failed', 'passed', 'passed']);
  });

  it('that no weight of Hugging Face has: each tensor once', async () => {
    const doubles = goodTensors().map((tensor) => ({
      ...tensor,
      dtype: 'F64',
      bytes: new Uint8Array(tensor.bytes.length * 2),
    }));
    const report = await admitFiles(directory(doubles));
    const types = report.findings.filter(({ class: errorClass }) => errorClass === 'unsupported');
    expect(types).toHaveLength(21);
    expect(new Set(types.map(({ rule }) => rule))).toEqual(new Set(['CHECKPOINT_DTYPE']));
  });
});

describe('tokenizers', () => {
  it('larger than the embedding', async () => {
    const tensors = ggufTensors().map((tensor) =>
      tensor.name === 'token_embd.weight' ? { ...tensor, shape: [259, 32], bytes: new Uint8Array(259 * 128) } : tensor,
    );
    const report = await admitFiles(gguf(tensors), 'a.gguf');
    expect(problems(report)).toEqual(['tokenizer CHECKPOINT_TOKENIZER']);
    expect(report.findings[0]?.message).toBe('the tokenizer has 260 tokens, the embedding 259 rows');
  });

  it('that are missing', async () => {
    const report = await admitFiles(gguf(ggufTensors(), []), 'a.gguf');
    expect(problems(report)).toEqual(['tokenizer ADMISSION_TOKENIZER_MISSING']);
  });

  it('with special ids out of range, as real files have them: a warning', async () => {
    const metadata = [
      ...ggufVocabulary(),
      ggufU32('tokenizer.ggml.seperator_token_id', 0xffffffff),
      ggufU32('tokenizer.ggml.padding_token_id', 260),
    ];
    const report = await admitFiles(gguf(ggufTensors(), metadata), 'a.gguf');
    expect(report.verdict).toBe('admitted');
    expect(warnings(report)).toEqual(['tokenizer SPECIAL_ID_ABSENT']);
  });

  it('with end ids out of range: a warning', async () => {
    const files = directory(goodTensors(), { 'generation_config.json': json({ eos_token_id: [260, 2 ** 40] }) });
    expect(warnings(await admitFiles(files))).toContain('contract CHECKPOINT_END_ID');
  });

  it('that are damaged', async () => {
    const types: GgufKey = ['tokenizer.ggml.token_type', TYPE.array, array(TYPE.int32, 1, u32(1))];
    const metadata = ggufVocabulary().map((entry) => (entry[0] === 'tokenizer.ggml.token_type' ? types : entry));
    const report = await admitFiles(gguf(ggufTensors(), metadata), 'a.gguf');
    expect(report.findings[0]?.class).toBe('tokenizer');
    expect(outcomes(report)).toEqual(['passed', 'passed', 'passed', 'failed', 'passed']);
  });

  it('without bytes lose text: a warning', async () => {
    const names = ['<unk>', '<s>', '</s>', ...Array.from({ length: 257 }, (_, i) => `w${i}`)];
    const metadata: GgufKey[] = [
      ggufText('tokenizer.ggml.model', 'llama'),
      ['tokenizer.ggml.tokens', TYPE.array, array(TYPE.string, names.length, ...names.map(text))],
      ['tokenizer.ggml.scores', TYPE.array, array(TYPE.float32, names.length, ...names.map(() => f32(0)))],
      [
        'tokenizer.ggml.token_type',
        TYPE.array,
        array(TYPE.int32, names.length, ...names.map((_, id) => u32(id === 0 ? 2 : id < 3 ? 3 : 1))),
      ],
    ];
    const report = await admitFiles(gguf(ggufTensors(), metadata), 'a.gguf');
    expect(report.verdict).toBe('admitted');
    expect(warnings(report)).toEqual(['tokenizer ADMISSION_ROUND_TRIP']);
    expect(report.findings[0]?.message).toBe('4 of 4 probes do not survive encoding and decoding');
  });
});

describe('files that are no whole model', () => {
  it('a GGUF with a vocabulary alone', async () => {
    const bare = await admitFiles(
      { 'v.gguf': ggufFile([ggufText('general.architecture', 'llama'), ...ggufVocabulary()], []) },
      'v.gguf',
    );
    expect(problems(bare)).toEqual(['contract MODEL_FIELD_MISSING']);
    const shaped = await admitFiles(gguf([]), 'a.gguf');
    expect(new Set(problems(shaped))).toEqual(new Set(['contract MODEL_TENSOR_MISSING']));
    expect(problems(shaped)).toHaveLength(11);
  });

  it('a bare .safetensors: its bytes are sound, so nothing is said about structure', async () => {
    const report = await admitFiles({ 'weights.safetensors': safetensors(goodTensors()) }, 'weights.safetensors');
    expect(report.verdict).toBe('rejected');
    expect(problems(report)).toEqual(['contract CHECKPOINT_INCOMPLETE']);
  });

  it.each<[string, string, TestFiles]>([
    ['nothing', 'contract CHECKPOINT_INCOMPLETE', {}],
    [
      'pickles alone',
      'unsupported CHECKPOINT_PICKLE',
      { 'config.json': json(CONFIG), 'pytorch_model.bin': utf8('\x80\x02') },
    ],
    ['a configuration alone', 'contract CHECKPOINT_INCOMPLETE', { 'config.json': json(CONFIG) }],
    [
      'another architecture',
      'unsupported MODEL_ARCHITECTURE',
      { ...directory([]), 'config.json': json({ model_type: 'bert' }) },
    ],
  ])('a directory with %s', async (_what, problem, files) => {
    const report = await admitFiles(files);
    expect([report.verdict, report.artifact.format]).toEqual(['rejected', 'unknown']);
    expect(problems(report)).toEqual([problem]);
  });

  it.each([
    ['PK\x03\x04', 'unsupported CHECKPOINT_PICKLE'],
    ['\x80\x04\x95', 'unsupported CHECKPOINT_PICKLE'],
    ['some text', 'unsupported CHECKPOINT_FORMAT'],
    ['', 'structure CHECKPOINT_EMPTY'],
    ['{"a": ', 'structure JSON_SYNTAX'],
    ['FUGG\x03\0\0\0', 'unsupported GGUF_BIG_ENDIAN'],
    ['GGUF\x03\0\0\0', 'structure TRUNCATED'],
    ['SLM2', 'structure SLM2_TRUNCATED'],
  ])('%j', async (content, problem) => {
    const bytes = Uint8Array.from(content, (character) => character.charCodeAt(0));
    expect(problems(await admitFiles({ file: bytes }, 'file'))).toEqual([problem]);
  });
});

describe('files beside a model', () => {
  it('that other tools execute are a warning, in a directory alone', async () => {
    const pickle = { 'a.pkl': Uint8Array.of(0x80, 2), 'run.py': utf8('print()'), 'notes.txt': utf8('') };
    const report = await admitFiles(directory(goodTensors(), pickle));
    expect(warnings(report)).toEqual(['policy ADMISSION_UNSAFE_NEIGHBOUR']);
    expect(report.findings[0]?.message).toBe('other tools load or execute what was not looked at: a.pkl, run.py');
    expect(warnings(await admitFiles({ ...gguf(), ...pickle }, 'a.gguf'))).toEqual([]);
    const others = Object.fromEntries(['b.safetensors', 'c.onnx', '.d.bin'].map((name) => [name, new Uint8Array(0)]));
    const files = watchedFiles(directory(goodTensors(), others));
    const [told] = (await admitSet({ ...files, namesBelow: async () => ['below/e.pth', 'below/f.md'] })).findings;
    expect(told?.message).toMatch(/: b\.safetensors, c\.onnx, \.d\.bin, below\/e\.pth$/);
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`${i}\u202e.py`, new Uint8Array(0)]));
    const [finding] = (await admitFiles(directory(goodTensors(), many))).findings;
    expect(finding?.message).toMatch(/\\u\{202e\}\.py and 895 more$/);
  });
});
