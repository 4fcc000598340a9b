/**
 * Plans a conversion: which tensor is stored how, and the exact layout of the artifact. Nothing is converted here, so
 * a dry run knows the size to the byte, and everything that can be refused is refused before the first weight.
 */
import type { Checkpoint } from '@mirust/checkpoint';
import { formatEncoding, interleavedEncoding, type ReadOptions, rowMajorEncoding, type Warning } from '@mirust/core';
import { canDecode, type Recipe, type ResolvedTensor, resolveRecipe } from '@mirust/quant';
import { createTokenizer, type TokenizerModel } from '@mirust/tokenizer';
import { pipelineError } from './errors.ts';
import { type ConversionRequest, type PlannedRequest, sameEncoding, storedEncoding } from './request.ts';
import { slm1Obstacles } from './slm1-obstacles.ts';
import { createSlm1Target } from './slm1-target.ts';
import { createSlm2Target } from './slm2-target.ts';
import { pendingSources } from './source-digests.ts';
import type { ConversionTarget } from './target.ts';

/** A conversion, decided and laid out. */
export interface ConversionPlan {
  readonly request: PlannedRequest;
  /** Whether the digests of the source's files are still to be taken and recorded. */
  readonly digestsSources: boolean;
  readonly tokenizer: TokenizerModel;
  /** In contract order. */
  readonly tensors: readonly ResolvedTensor[];
  readonly target: ConversionTarget;
  /** Of the artifact. */
  readonly byteLength: number;
  /** Of the checkpoint, of its tokenizer, and what the container leaves out (`PIPELINE_WARNINGS`). */
  readonly warnings: readonly Warning[];
}

/**
 * Plans a conversion. Throws `PACK_SLM1_CANNOT_HOLD` with every reason, `PACK_NO_TOKENIZER`, `PACK_DTYPE`,
 * `PACK_UNUSED_RULE`, RangeError for interleaved rows in SLM1, and what tokenizer, recipe and containers throw.
 */
export async function planConversion(asked: ConversionRequest, options: ReadOptions = {}): Promise<ConversionPlan> {
  const { checkpoint, recipe, format } = asked;
  const request = { ...asked, sources: asked.sources ?? pendingSources(checkpoint) };
  const imported = await checkpoint.readTokenizer(options);
  if (imported === undefined) throw pipelineError('PACK_NO_TOKENIZER', 'the source brings no tokenizer');
  // Building it checks it: no artifact gets a tokenizer that cannot run.
  const tokenizer = createTokenizer(imported.model).model;
  const tensors = layOut(request, resolveTensors(checkpoint, recipe));
  if (format === 'slm1') {
    const obstacles = slm1Obstacles(checkpoint.model.hyperparameters, tokenizer, tensors);
    if (obstacles.length > 0) {
      throw pipelineError('PACK_SLM1_CANNOT_HOLD', `SLM1 cannot hold ${obstacles.join('; ')}`);
    }
  }
  const target =
    format === 'slm1' ? createSlm1Target(request, tokenizer, tensors) : createSlm2Target(request, tokenizer, tensors);
  const warnings = [...checkpoint.warnings, ...imported.warnings, ...leftOut(request)];
  const digestsSources = asked.sources === undefined && target.recordsSources;
  return { request, digestsSources, tokenizer, tensors, target, byteLength: target.byteLength, warnings };
}

/** Facts that no computed token depends on, and that SLM1 has no place for. */
function leftOut({ checkpoint: { facts }, format }: ConversionRequest): Warning[] {
  const places = [
    ['name', 'name'],
    ['license', 'licence'],
    ['baseModel', 'base model'],
    ['chatTemplate', 'chat template'],
  ] as const;
  const lost = places.filter(([key]) => facts[key] !== undefined).map(([, what]) => what);
  if (format === 'slm2' || lost.length === 0) return [];
  const message = `SLM1 has no place for what the source says about itself, which is left out: ${lost.join(', ')}`;
  return [{ code: 'PACK_SLM1_FACTS', message }];
}

/** Gives every tensor its layout, whatever that of the source. */
function layOut(
  { checkpoint, format, layout = format === 'slm1' ? 'rows' : 'interleaved' }: ConversionRequest,
  tensors: readonly ResolvedTensor[],
): ResolvedTensor[] {
  const isInterleaved = layout === 'interleaved';
  if (isInterleaved && format === 'slm1') throw new RangeError('SLM1 has no interleaved rows');
  return tensors.map((tensor) => {
    const { name, encoding } = tensor;
    const shape = checkpoint.tensors.get(name)?.shape ?? [];
    return { ...tensor, encoding: isInterleaved ? interleavedEncoding(encoding, shape) : rowMajorEncoding(encoding) };
  });
}

function resolveTensors(checkpoint: Checkpoint, recipe: Recipe): readonly ResolvedTensor[] {
  const described = checkpoint.model.contract.map(({ name, shape }) => {
    return { name, shape, storedEncoding: storedEncoding(checkpoint, name) };
  });
  const { tensors, unusedRules } = resolveRecipe(recipe, described);
  const unused = unusedRules[0];
  if (unused !== undefined) {
    throw pipelineError('PACK_UNUSED_RULE', `the rule "${unused.pattern}=${unused.type}" names no tensor`);
  }
  for (const { name, encoding } of tensors) {
    const stored = storedEncoding(checkpoint, name);
    if (sameEncoding(stored, encoding) || canDecode(stored.dtype)) continue;
    throw pipelineError('PACK_DTYPE', `tensor ${name} is stored as ${formatEncoding(stored)} and cannot be decoded`, {
      tensor: name,
    });
  }
  return tensors;
}
