/** Small models with vocabularies of any size, in every container: what they hold besides weights is the tokenizer. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { atomicFileSink } from '@mirust/core/node';
import { createGgufWriter, layoutGguf } from '@mirust/gguf';
import { describeModel } from '@mirust/model';
import { convert, digestSources, planConversion } from '@mirust/pipeline';
import { createRecipe } from '@mirust/quant';
import { byteLevelMetadata, byteLevelVocabulary, vocabularyMetadata } from '../models/vocabulary.mjs';

/** As small as a llama may be, but for what is varied. */
function hyperparameters({ vocabSize, layerCount }) {
  return {
    vocabSize,
    hiddenSize: 64,
    layerCount,
    headCount: 2,
    kvHeadCount: 1,
    headDim: 32,
    ffnSize: 64,
    maxContext: 512,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-5,
    tiedOutput: true,
  };
}

/**
 * The path of a model `{ container, kind, vocabSize, layerCount }`, made where it is not there. `container` is gguf, slm2 or
 * huggingface; `kind` the tokenizer's, which is byte-level in a directory.
 */
export async function ensureSmallModel(folder, shape) {
  mkdirSync(folder, { recursive: true });
  const { container, kind, vocabSize, layerCount } = shape;
  if (container === 'huggingface') return ensureDirectory(folder, shape);
  const gguf = join(folder, `${kind}-${vocabSize}-${layerCount}.gguf`);
  if (!existsSync(gguf)) await writeGguf(gguf, shape);
  if (container === 'gguf') return gguf;
  const path = join(folder, `${kind}-${vocabSize}-${layerCount}.slm`);
  if (!existsSync(path)) await pack(gguf, path);
  return path;
}

async function writeGguf(path, shape) {
  const { kind, vocabSize } = shape;
  const h = hyperparameters(shape);
  const count = (value) => ({ type: 'uint32', value });
  const metadata = new Map([
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['llama.context_length', count(h.maxContext)],
    ['llama.embedding_length', count(h.hiddenSize)],
    ['llama.block_count', count(h.layerCount)],
    ['llama.feed_forward_length', count(h.ffnSize)],
    ['llama.attention.head_count', count(h.headCount)],
    ['llama.attention.head_count_kv', count(h.kvHeadCount)],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: h.rmsNormEpsilon }],
    ['llama.rope.dimension_count', count(h.headDim)],
    ['llama.rope.freq_base', { type: 'float32', value: h.ropeTheta }],
    ['llama.vocab_size', count(vocabSize)],
    ...(kind === 'byte-level-bpe' ? byteLevelMetadata(vocabSize) : vocabularyMetadata(vocabSize)),
  ]);
  const tensors = describeModel('llama', h).contract.map(({ aliases, role, shape: dimensions }) => ({
    name: aliases.gguf,
    dtype: role === 'norm' ? 'f32' : 'Q8_0',
    shape: dimensions,
  }));
  const layout = layoutGguf({ metadata, tensors });
  const sink = await atomicFileSink(path, layout.byteLength);
  try {
    const writer = createGgufWriter(layout, sink);
    for (const { name, byteLength } of layout.tensors) await writer.writeTensor(name, 0, new Uint8Array(byteLength));
    await writer.finish();
    await sink.commit();
  } finally {
    await sink.abort();
  }
}

async function pack(source, path) {
  const checkpoint = await openCheckpoint(await openPath(source));
  try {
    const plan = await planConversion({
      checkpoint,
      recipe: createRecipe({ default: 'q8' }),
      format: 'slm2',
      tool: { name: 'mirust-bench', version: '0' },
      sources: await digestSources(checkpoint),
    });
    await convert(plan, await atomicFileSink(path, plan.byteLength));
  } finally {
    await checkpoint.close();
  }
}

/** A directory as Hugging Face publishes them: byte-level, f32, all zeros. */
function ensureDirectory(folder, modelShape) {
  const { vocabSize, layerCount } = modelShape;
  const path = join(folder, `byte-level-bpe-${vocabSize}-${layerCount}`);
  if (existsSync(join(path, 'config.json'))) return path;
  mkdirSync(path, { recursive: true });
  const h = hyperparameters(modelShape);
  const { tokens, merges, endOfText } = byteLevelVocabulary(vocabSize);
  const content = tokens[endOfText];
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  writeJson(join(path, 'tokenizer.json'), {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ id: endOfText, content, ...flags }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((text, id) => [text, id])),
      merges,
    },
  });
  const header = {};
  let offset = 0;
  for (const { aliases, shape } of describeModel('llama', h).contract) {
    const end = offset + 4 * shape.reduce((product, dimension) => product * dimension, 1);
    header[aliases.huggingFace] = { dtype: 'F32', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = JSON.stringify(header);
  const padded = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = new Uint8Array(new BigUint64Array([BigInt(padded.byteLength)]).buffer);
  writeFileSync(join(path, 'model.safetensors'), Buffer.concat([length, padded, Buffer.alloc(offset)]));
  // Last: where it is, the rest is.
  writeJson(join(path, 'config.json'), {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_act: 'silu',
    vocab_size: vocabSize,
    hidden_size: h.hiddenSize,
    num_hidden_layers: h.layerCount,
    num_attention_heads: h.headCount,
    num_key_value_heads: h.kvHeadCount,
    head_dim: h.headDim,
    intermediate_size: h.ffnSize,
    max_position_embeddings: h.maxContext,
    rope_theta: h.ropeTheta,
    rms_norm_eps: h.rmsNormEpsilon,
    tie_word_embeddings: true,
    torch_dtype: 'float32',
    bos_token_id: endOfText,
    eos_token_id: endOfText,
  });
  return path;
}

function writeJson(path, value) {
  writeFileSync(path, JSON.stringify(value));
}
