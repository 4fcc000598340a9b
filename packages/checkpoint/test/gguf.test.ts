/** GGUF files as checkpoints: names, hyperparameters, blocks, facts. */
import { describe, expect, it } from 'vitest';
import { inspectCheckpoint, openCheckpoint, readWholeTensor } from '../src/index.ts';
import {
  GGUF_METADATA,
  type GgufKey,
  type GgufTensor,
  ggufFile,
  ggufTensors,
  ggufText,
  ggufU32,
  ggufVocabulary,
} from './_artifacts.ts';
import { errorOf, f32Values, utf8, watchedFiles } from './_support.ts';

function files(metadata: readonly GgufKey[], tensors: readonly GgufTensor[]) {
  return watchedFiles({ 'model.gguf': ggufFile(metadata, tensors) }, 'model.gguf');
}

const good = (): ReturnType<typeof files> => files([...GGUF_METADATA, ...ggufVocabulary()], ggufTensors());

describe('a GGUF file', () => {
  it('gives the model that it describes', async () => {
    const watched = good();
    const checkpoint = await openCheckpoint(watched);
    expect(checkpoint.format).toBe('gguf');
    expect(checkpoint.files.map(({ name }) => name)).toEqual(['model.gguf']);
    expect(checkpoint.model.hyperparameters).toEqual({
      vocabSize: 260,
      hiddenSize: 32,
      layerCount: 1,
      headCount: 4,
      kvHeadCount: 2,
      headDim: 8,
      ffnSize: 32,
      maxContext: 64,
      ropeTheta: 10_000,
      rmsNormEpsilon: Math.fround(1e-5),
      tiedOutput: true,
    });
    expect(checkpoint.facts).toEqual({ name: 'tiny', license: 'mit' });
    expect(checkpoint.rootDigest).toBeUndefined();
    await checkpoint.verify();
    await checkpoint.close();
    expect(watched.openCount()).toBe(0);
  });

  it('maps every name, rows of wq and wk as they are', async () => {
    const checkpoint = await openCheckpoint(good());
    const names = [...checkpoint.tensors.values()].map(({ name, sourceName }) => `${sourceName} → ${name}`);
    expect(names).toEqual([
      'token_embd.weight → tok_embeddings.weight',
      'output_norm.weight → norm.weight',
      'blk.0.attn_norm.weight → layers.0.attn_norm.weight',
      'blk.0.attn_q.weight → layers.0.wq.weight',
      'blk.0.attn_k.weight → layers.0.wk.weight',
      'blk.0.attn_v.weight → layers.0.wv.weight',
      'blk.0.attn_output.weight → layers.0.wo.weight',
      'blk.0.ffn_norm.weight → layers.0.ffn_norm.weight',
      'blk.0.ffn_gate.weight → layers.0.w1.weight',
      'blk.0.ffn_up.weight → layers.0.w3.weight',
      'blk.0.ffn_down.weight → layers.0.w2.weight',
    ]);
    for (const tensor of checkpoint.tensors.values()) {
      const values = f32Values((await readWholeTensor(tensor)).payload);
      expect(values.every((value, index) => value === index + 1)).toBe(true);
    }
    await checkpoint.close();
  });

  it('keeps blocks as they are', async () => {
    const block = Uint8Array.from({ length: 34 * 32 }, (_, i) => i % 100);
    const tensors = ggufTensors().map((tensor) =>
      tensor.name === 'blk.0.attn_q.weight' ? { ...tensor, type: 8, bytes: block } : tensor,
    );
    const checkpoint = await openCheckpoint(files([...GGUF_METADATA, ...ggufVocabulary()], tensors));
    const tensor = checkpoint.tensors.get('layers.0.wq.weight');
    expect(tensor?.encoding).toEqual({ dtype: 'Q8_0', blockSize: 0, scaleType: 'f32' });
    const rows = new Uint8Array(3 * 34);
    await tensor?.readRows(5, 3, rows, new Uint8Array(0));
    expect(rows).toEqual(block.subarray(5 * 34, 8 * 34));
    await checkpoint.close();
  });

  it('has an untied head where output.weight is there', async () => {
    const output = { ...(ggufTensors()[0] as GgufTensor), name: 'output.weight' };
    const checkpoint = await openCheckpoint(files([...GGUF_METADATA, ...ggufVocabulary()], [...ggufTensors(), output]));
    expect(checkpoint.model.hyperparameters.tiedOutput).toBe(false);
    expect(checkpoint.tensors.get('output.weight')?.sourceName).toBe('output.weight');
    await checkpoint.close();
  });

  it('has divisors of the rotary frequencies where rope_freqs.weight is there', async () => {
    const factors = { name: 'rope_freqs.weight', type: 0, shape: [4], bytes: new Uint8Array(16) };
    const checkpoint = await openCheckpoint(
      files([...GGUF_METADATA, ...ggufVocabulary()], [...ggufTensors(), factors]),
    );
    expect(checkpoint.model.hyperparameters.ropeScaling).toEqual({ type: 'factors' });
    expect(checkpoint.tensors.has('rope_factors.weight')).toBe(true);
    await checkpoint.close();
  });

  it('takes a chat template, unless no model has such a one', async () => {
    const key = 'tokenizer.chat_template';
    const short = await openCheckpoint(files([...GGUF_METADATA, ggufText(key, '{{x}}')], ggufTensors()));
    expect(short.facts.chatTemplate).toBe('{{x}}');
    const long = await openCheckpoint(files([...GGUF_METADATA, ggufText(key, 'x'.repeat(262_145))], ggufTensors()));
    expect(long.facts.chatTemplate).toBeUndefined();
    expect(long.warnings.map(({ code }) => code)).toEqual(['CHECKPOINT_CHAT_TEMPLATE']);
  });
});

describe('what is refused', () => {
  it.each<[string, readonly GgufKey[], readonly GgufTensor[]]>([
    ['MODEL_FIELD_MISSING', ggufVocabulary(), []],
    ['MODEL_ARCHITECTURE', [ggufText('general.architecture', 'gpt2')], []],
    [
      'GGUF_KEY_TYPE',
      [...GGUF_METADATA.filter(([key]) => key !== 'general.name'), ggufU32('general.name', 1)],
      ggufTensors(),
    ],
    ['CHECKPOINT_INCOMPLETE', [...GGUF_METADATA, ggufU32('split.count', 3)], ggufTensors()],
    ['MODEL_TENSOR_MISSING', GGUF_METADATA, ggufTensors().slice(0, -1)],
    [
      'MODEL_TENSOR_UNKNOWN',
      GGUF_METADATA,
      [...ggufTensors(), { name: 'blk.0.attn_q.bias', type: 0, shape: [32], bytes: new Uint8Array(128) }],
    ],
  ])('%s', async (code, metadata, tensors) => {
    const watched = files(metadata, tensors);
    expect((await errorOf(openCheckpoint(watched))).code).toBe(code);
    expect(watched.openCount()).toBe(0);
  });

  it('one part of a split model, with the remedy', async () => {
    const error = await errorOf(openCheckpoint(files([...GGUF_METADATA, ggufU32('split.count', 2)], [])));
    expect(error.message).toBe('the file is one of 2 parts of a model');
    expect(error.remedy).toContain('--merge');
  });

  it('a file that is whole is not split', async () => {
    const checkpoint = await openCheckpoint(files([...GGUF_METADATA, ggufU32('split.count', 1)], ggufTensors()));
    await checkpoint.close();
  });

  it('a canonical name under GGUF, also beside the right one', async () => {
    const stranger = { name: 'norm.weight', type: 0, shape: [32], bytes: new Uint8Array(128) };
    const inspected = await inspectCheckpoint(files(GGUF_METADATA, [...ggufTensors(), stranger]));
    expect(inspected.problems.map(({ message }) => message)).toEqual([
      'tensor norm.weight has no place in this architecture',
    ]);
    expect(inspected.checkpoint.tensors.get('norm.weight')?.sourceName).toBe('output_norm.weight');
    await inspected.checkpoint.close();
  });

  it('a damaged file, with the offset', async () => {
    const error = await errorOf(openCheckpoint(watchedFiles({ 'a.gguf': utf8('GGUF\x03\0\0\0') }, 'a.gguf')));
    expect([error.code, error.offset]).toEqual(['TRUNCATED', 8]);
  });
});
