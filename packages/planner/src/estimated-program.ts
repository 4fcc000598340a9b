/**
 * What a model would need around weights and cache if the runtime ran it: an estimate for families that it has no program for.
 * Dense or mixed, a transformer of these sizes has the working buffers of a llama of the same: a chunk of hidden states,
 * queries, keys, values and the inner layer. What it really takes is decided when its program is written.
 */
import { createEncoding, isMirustError } from '@mirust/core';
import { describeModel, layoutModel, type ModelDescription } from '@mirust/model';
import { layoutKvType, type ResolvedPlanOptions } from './options.ts';
import type { ModelOutline } from './outline/outline.ts';

/** Bytes of the two tapes; see the module comment. */
export interface EstimatedProgram {
  readonly engineBytes: number;
  readonly workingBytes: number;
}

/** The estimate; undefined where heads, embedding or matrices of the layers are not known, or are none that a llama can have. */
export function estimateProgram(outline: ModelOutline, options: ResolvedPlanOptions): EstimatedProgram | undefined {
  try {
    const like = llamaLike(outline, options.context);
    if (like === undefined) return undefined;
    // Quantized weights need codes of their inputs besides: the larger of the two kinds of program.
    const encodings = new Map(
      like.contract.map(({ name, shape }) => [name, createEncoding(shape.length > 1 ? 'q8' : 'f32', shape)]),
    );
    const { context, chunk, logitsRows, threads, kvType } = options;
    const request = { context, chunk, logitsRows, threads, kvType: layoutKvType(kvType) };
    const { engine, scratch } = layoutModel(like, encodings, request);
    return { engineBytes: engine.byteLength, workingBytes: scratch.byteLength };
  } catch (error) {
    // Sizes that only another family has: an odd head, heads that do not divide.
    if (isMirustError(error)) return undefined;
    throw error;
  }
}

function llamaLike({ tensors, cache, attention }: ModelOutline, maxContext: number): ModelDescription | undefined {
  const layers = (cache ?? []).filter((layer) => layer !== null);
  const [vocabSize, hiddenSize] = tensors.find(({ role }) => role === 'embedding')?.shape ?? [];
  if (attention === undefined || layers.length === 0 || vocabSize === undefined || hiddenSize === undefined) {
    return undefined;
  }
  // The longest side of a matrix, times the experts that a token goes through: no inner layer is wider.
  const ffnSize = tensors.reduce((most, { role, layer, shape, experts }) => {
    if (role !== 'matrix' || layer === undefined) return most;
    return Math.max(most, Math.max(...shape.slice(-2)) * (experts?.used ?? 1));
  }, 1);
  return describeModel('llama', {
    vocabSize,
    hiddenSize,
    // All layers share their buffers; the second one shows what lives from one to the next.
    layerCount: Math.min(layers.length, 2),
    headCount: attention.headCount,
    kvHeadCount: Math.max(...layers.map(({ kvHeadCount }) => kvHeadCount)),
    headDim: attention.headDim,
    ffnSize,
    maxContext,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-6,
    tiedOutput: true,
  });
}
