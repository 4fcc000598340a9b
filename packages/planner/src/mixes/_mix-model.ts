/** What the rules of mixes ask about a whole model, read off its outline. */
import { rowCount } from '@mirust/core';
import type { ModelOutline, OutlineTensor } from '../outline/outline.ts';

/** See the module comment. */
export interface MixModel {
  readonly architecture: string;
  readonly layerCount: number;
  /** Query heads per head of keys and values in the first layer, rounded down; 0 where that has no such heads. */
  readonly groupSize: number;
  /** 0 for a dense model. */
  readonly expertCount: number;
  /** Whether llama.cpp counts the model among its 70B ones, whose attn_v gets more bits. */
  readonly isSeventyBillion: boolean;
  readonly hasOutput: boolean;
}

/** Reads them off. */
export function mixModel(outline: ModelOutline): MixModel {
  const { architecture, tensors } = outline;
  const layerCount = largest(tensors, ({ name }) => (layerOf(name) ?? -1) + 1);
  const groupSize = groupSizeOf(outline);
  return {
    architecture,
    layerCount,
    groupSize,
    expertCount: largest(tensors, expertCountOf),
    isSeventyBillion: isSeventyBillion(architecture, layerCount, groupSize),
    hasOutput: tensors.some(({ name }) => name === 'output.weight'),
  };
}

function largest(tensors: readonly OutlineTensor[], of: (tensor: OutlineTensor) => number): number {
  return tensors.reduce((found, tensor) => Math.max(found, of(tensor)), 0);
}

/** The layer that a GGUF name states. */
export function layerOf(name: string): number | undefined {
  const digits = /^blk\.(\d{1,9})\./.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function expertCountOf({ name, shape, experts }: OutlineTensor): number {
  if (experts !== undefined) return experts.count;
  return name.includes('_exps.') && shape.length > 2 ? (shape[0] ?? 0) : 0;
}

/**
 * Hybrids whose count of KV heads is one number in GGUF. The others state one per layer, and 0 for those without
 * attention, such as the first often is.
 */
const ONE_KV_HEAD_COUNT: ReadonlySet<string> = new Set(['qwen3next', 'qwen35', 'qwen35moe']);

function groupSizeOf({ architecture, tensors, cache, attention }: ModelOutline): number {
  if (cache === undefined || attention === undefined) {
    const rowsOf = (part: string): number | undefined => {
      const tensor = tensors.find(({ name }) => name.includes(`.${part}.weight`));
      return tensor === undefined ? undefined : rowCount(tensor.shape);
    };
    const [queries, keys] = [rowsOf('attn_q'), rowsOf('attn_k')];
    return queries === undefined || keys === undefined ? 0 : Math.floor(queries / keys);
  }
  const first = ONE_KV_HEAD_COUNT.has(architecture) ? cache.find((layer) => layer !== null) : cache[0];
  return first === undefined || first === null ? 0 : Math.floor(attention.headCount / first.kvHeadCount);
}

/**
 * Architectures with a count of layers that llama.cpp calls 70B. Found by asking llama.cpp v0.5.0 about the
 * architectures that gguf-py 0.19.0 knows with 1 to 129 layers (`fixtures/oracles/quant_mixes_golden.py`).
 */
const SEVENTY_BILLION_LAYERS: ReadonlyMap<string, number> = new Map([
  ['deci', 80],
  ['jais2', 68],
  ['llama', 80],
  ['llama-embed', 80],
  ['olmo', 80],
  ['qwen2', 80],
]);

function isSeventyBillion(architecture: string, layerCount: number, groupSize: number): boolean {
  if (SEVENTY_BILLION_LAYERS.get(architecture) !== layerCount) return false;
  // LLaMA 65B has 80 layers, too, but no shared heads.
  return !architecture.startsWith('llama') || groupSize > 1;
}
