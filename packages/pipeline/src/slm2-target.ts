/** SLM2 as the target of a conversion. */
import type { ResolvedTensor } from '@mirust/quant';
import type { Slm2Meta, TensorRecord, TensorStatistics } from '@mirust/schemas';
import { createSlm2Writer, layoutSlm2 } from '@mirust/slm';
import { type TokenizerModel, writeTokn } from '@mirust/tokenizer';
import { shortText } from './_short-text.ts';
import { type PlannedRequest, sameEncoding, storedEncoding } from './request.ts';
import { PENDING_STATISTICS } from './statistics.ts';
import type { ConversionTarget } from './target.ts';

/** Lays an SLM2 file out. Throws what `layoutSlm2` and the tokenizer's writer throw. */
export function createSlm2Target(
  request: PlannedRequest,
  tokenizer: TokenizerModel,
  tensors: readonly ResolvedTensor[],
): ConversionTarget {
  const meta = createMeta(request, tensors);
  const { contract } = request.checkpoint.model;
  const shapes = new Map(contract.map(({ name, shape }) => [name, shape]));
  const layout = layoutSlm2({
    meta,
    tokenizerBytes: writeTokn(tokenizer),
    tensors: tensors.map(({ name, encoding }) => ({ name, encoding, shape: shapes.get(name) ?? [] })),
  });
  return {
    byteLength: layout.byteLength,
    recordsSources: true,
    createWriter: (sink) => {
      const writer = createSlm2Writer(layout, sink);
      return {
        writeTensor: writer.writeTensor,
        finish: (statistics, sources, options) =>
          writer.finish(
            sources.then((files) => ({ ...withStatistics(meta, statistics), sources: [...files] })),
            options,
          ),
      };
    },
  };
}

function createMeta(request: PlannedRequest, tensors: readonly ResolvedTensor[]): Slm2Meta {
  const { checkpoint, recipe, tool, sources } = request;
  const { name, license, baseModel, chatTemplate, endOfGeneration } = checkpoint.facts;
  return {
    formatVersion: 1,
    architecture: checkpoint.model.architecture,
    hyperparameters: checkpoint.model.hyperparameters,
    recipe: { ...recipe, rules: [...recipe.rules] },
    tensors: Object.fromEntries(tensors.map((tensor) => [tensor.name, tensorRecord(request, tensor)])),
    sources: [...sources],
    tool,
    ...(name === undefined ? {} : { name: shortText(name) }),
    ...(license === undefined ? {} : { license: shortText(license) }),
    ...(baseModel === undefined ? {} : { baseModel: shortText(baseModel) }),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    ...(endOfGeneration === undefined ? {} : { generation: { eosTokenIds: [...endOfGeneration] } }),
  };
}

/**
 * Which tensors have statistics is decided here, by the recipe alone: those whose encoding changes. So META's length is
 * known before anything is measured.
 */
function tensorRecord(request: PlannedRequest, tensor: ResolvedTensor): TensorRecord {
  const { name, encoding, requested, fallbackReason } = tensor;
  const converted = !sameEncoding(storedEncoding(request.checkpoint, name), encoding);
  return {
    requested,
    ...(fallbackReason === undefined ? {} : { fallbackReason: fallbackReason.message }),
    ...(converted ? { statistics: PENDING_STATISTICS } : {}),
  };
}

function withStatistics(meta: Slm2Meta, statistics: ReadonlyMap<string, TensorStatistics>): Slm2Meta {
  const tensors = Object.entries(meta.tensors).map(([name, record]) => {
    const measured = statistics.get(name);
    return [name, measured === undefined ? record : { ...record, statistics: measured }] as const;
  });
  return { ...meta, tensors: Object.fromEntries(tensors) };
}
