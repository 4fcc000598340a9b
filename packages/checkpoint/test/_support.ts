/** Small checkpoints of every format, made byte by byte, and file sets that watch who closes what. */
import { type ByteSource, elementCount, isMirustError, type MirustError, memorySource, type Shape } from '@mirust/core';
import type { FileSet } from '../src/index.ts';

/** Configuration of the tiny model: two layers, grouped-query attention, untied. */
export const CONFIG = {
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
} as const;

/** A tensor of a file that a test makes. */
export interface TestTensor {
  readonly name: string;
  readonly shape: Shape;
  /** Little-endian, in the type of the file's tensors. */
  readonly bytes: Uint8Array;
  /** safetensors' name; default F32. */
  readonly dtype?: string;
}

/** Values that tell every element of every tensor from every other: 1,000 per tensor, rising. */
export function f32Tensor(name: string, shape: Shape, base: number): TestTensor {
  const values = Float32Array.from({ length: elementCount(shape) }, (_, i) => base + i);
  return { name, shape, bytes: new Uint8Array(values.buffer) };
}

/** The tensors of {@link CONFIG}'s model as Hugging Face names them, in f32. */
export function tinyTensors(prefix = 'model.'): TestTensor[] {
  const shapes: [string, Shape][] = [
    [`${prefix}embed_tokens.weight`, [12, 8]],
    [`${prefix}norm.weight`, [8]],
    ['lm_head.weight', [12, 8]],
  ];
  for (let layer = 0; layer < 2; layer++) {
    const add = (name: string, ...shape: number[]): void => {
      shapes.push([`${prefix}layers.${layer}.${name}.weight`, shape]);
    };
    add('input_layernorm', 8);
    add('self_attn.q_proj', 16, 8);
    add('self_attn.k_proj', 8, 8);
    add('self_attn.v_proj', 8, 8);
    add('self_attn.o_proj', 8, 16);
    add('post_attention_layernorm', 8);
    add('mlp.gate_proj', 6, 8);
    add('mlp.up_proj', 6, 8);
    add('mlp.down_proj', 8, 6);
  }
  return shapes.map(([name, shape], index) => f32Tensor(name, shape, index * 1000));
}

/** A safetensors file. */
export function safetensors(tensors: readonly TestTensor[]): Uint8Array {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const { name, shape, bytes, dtype = 'F32' } of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let at = 8 + text.length;
  for (const { bytes } of tensors) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/** Text or a value as the bytes of a file. */
export function json(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Files by name; a text stands for its UTF-8. */
export type TestFiles = Readonly<Record<string, Uint8Array>>;

/** The tiny model as a directory. */
export function tinyDirectory(tensors: readonly TestTensor[] = tinyTensors()): TestFiles {
  return { 'config.json': json(CONFIG), 'model.safetensors': safetensors(tensors) };
}

/** The tiny model in two shards with their index. */
export function shardedDirectory(): TestFiles {
  const tensors = tinyTensors();
  const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const parts = names.map((_, part) => tensors.filter((_tensor, index) => index % 2 === part));
  const weight_map = Object.fromEntries(tensors.map(({ name }, index) => [name, names[index % 2]]));
  const total_size = tensors.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return {
    'config.json': json(CONFIG),
    [names[0] ?? '']: safetensors(parts[0] ?? []),
    [names[1] ?? '']: safetensors(parts[1] ?? []),
    'model.safetensors.index.json': json({ metadata: { total_size }, weight_map }),
  };
}

/** A file set that knows what was opened and what was closed. Closed sources refuse to be read. */
export interface WatchedFiles extends FileSet {
  /** Names of all files that were opened, in order. */
  readonly opened: readonly string[];
  /** How many sources are open. */
  openCount(): number;
}

/** A watched file set. Closing a source twice fails the test. */
export function watchedFiles(files: TestFiles, primary?: string): WatchedFiles {
  const opened: string[] = [];
  let open = 0;
  return {
    name: primary ?? 'directory',
    primary,
    names: Object.keys(files),
    opened,
    openCount: () => open,
    async open(name) {
      const bytes = files[name];
      if (bytes === undefined) throw new Error(`${name} was opened and is not there`);
      opened.push(name);
      open++;
      return watched(memorySource(bytes, `/a/path/${name}`), () => open--);
    },
  };
}

function watched(inner: ByteSource, onClose: () => void): ByteSource {
  let closed = false;
  return {
    ...inner,
    async readInto(offset, target, options) {
      if (closed) throw new Error(`${inner.name} is read after it was closed`);
      await inner.readInto(offset, target, options);
    },
    async close() {
      if (closed) throw new Error(`${inner.name} is closed twice`);
      closed = true;
      onClose();
    },
  };
}

/** The MirustError that a promise is rejected with; any other outcome fails the test. */
export async function errorOf(promise: Promise<unknown>): Promise<MirustError> {
  try {
    await promise;
  } catch (error) {
    if (isMirustError(error)) return error;
    throw error;
  }
  throw new Error('expected an error, nothing was thrown');
}

/** The f32 values of bytes. */
export function f32Values(bytes: Uint8Array): number[] {
  return [...new Float32Array(bytes.slice().buffer)];
}
