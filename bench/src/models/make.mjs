/** Makes the random models as GGUF files, once: `<folder>/<shape>-<type>.gguf`. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { atomicFileSink } from '@mirust/core/node';
import { createGgufWriter, layoutGguf } from '@mirust/gguf';
import { describeModel } from '@mirust/model';
import { SHAPES } from './shapes.mjs';
import { vocabularyMetadata } from './vocabulary.mjs';
import { createMatrix, normWeights } from './weights.mjs';

const SEED = 20_260_301;

/** `general.file_type` by the type of the matrices. */
const FILE_TYPES = { f32: 0, Q4_0: 2, Q8_0: 7 };

/** Bytes made at once: whole rows and whole blocks, whatever the shape. */
const PART_BYTES = 2 ** 22;

/** The path of a model, made first where it is not there yet. `dtype` is that of every matrix: f32, Q8_0 or Q4_0. */
export async function ensureModel(folder, shape, dtype) {
  const path = join(folder, `${shape}-${dtype}.gguf`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const { contract } = describeModel('llama', SHAPES[shape]);
  const layout = layoutGguf({
    metadata: metadataOf(shape, dtype),
    tensors: contract.map(({ aliases, role, shape: dimensions }) => ({
      name: aliases.gguf,
      dtype: role === 'norm' ? 'f32' : dtype,
      shape: dimensions,
    })),
  });
  const sink = await atomicFileSink(path, layout.byteLength);
  try {
    const writer = createGgufWriter(layout, sink);
    for (const tensor of layout.tensors) await writeTensor(writer, tensor);
    await writer.finish();
    await sink.commit();
  } finally {
    await sink.abort();
  }
  return path;
}

function metadataOf(shape, dtype) {
  const h = SHAPES[shape];
  const count = (value) => ({ type: 'uint32', value });
  return new Map([
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['general.name', { type: 'string', value: `random llama of the ${shape} shape` }],
    ['general.file_type', count(FILE_TYPES[dtype])],
    ['llama.context_length', count(h.maxContext)],
    ['llama.embedding_length', count(h.hiddenSize)],
    ['llama.block_count', count(h.layerCount)],
    ['llama.feed_forward_length', count(h.ffnSize)],
    ['llama.attention.head_count', count(h.headCount)],
    ['llama.attention.head_count_kv', count(h.kvHeadCount)],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: h.rmsNormEpsilon }],
    ['llama.rope.dimension_count', count(h.headDim)],
    ['llama.rope.freq_base', { type: 'float32', value: h.ropeTheta }],
    ['llama.vocab_size', count(h.vocabSize)],
    ...vocabularyMetadata(h.vocabSize),
  ]);
}

async function writeTensor(writer, { name, dtype, shape, byteLength }) {
  const rowLength = shape.at(-1);
  if (shape.length === 1) {
    await writer.writeTensor(name, 0, new Uint8Array(normWeights(rowLength, name, SEED).buffer));
    return;
  }
  const matrix = createMatrix({ name, dtype, rowLength, seed: SEED });
  const rowBytes = byteLength / shape[0];
  const part = new Uint8Array(Math.max(1, Math.floor(PART_BYTES / rowBytes)) * rowBytes);
  for (let offset = 0; offset < byteLength; offset += part.byteLength) {
    const bytes = part.subarray(0, Math.min(part.byteLength, byteLength - offset));
    matrix.fill(bytes);
    await writer.writeTensor(name, offset, bytes);
  }
}
