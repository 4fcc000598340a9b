/** How a model is planned, all decided: the runtime's own options, and what only a plan knows. */
import { KV_TYPES, type KvType, type LayoutRequest, resolveLayoutOptions } from '@mirust/model';
import type { PlanOptionsRecord } from '@mirust/schemas';
import type { ModelOutline } from './outline/outline.ts';

/** Types of a cache that can be planned: the runtime's, and blocks of ggml, which llama.cpp's caches hold. */
export type PlannedKvType = PlanOptionsRecord['kvType'];

/** All of them, from the most precise to the smallest. */
export const PLANNED_KV_TYPES: readonly PlannedKvType[] = ['f32', 'f16', 'q8_0', 'q8', 'q4_0'];

/** How to plan. */
export interface PlanOptions extends Omit<LayoutRequest, 'kvType'> {
  /** Default f32. */
  readonly kvType?: PlannedKvType;
  /** Conversations side by side. Default 1. */
  readonly sequences?: number;
  /** Positions at the start that all of them share. Default 0; at most the context. */
  readonly sharedPrefix?: number;
  /** Positions for which active bytes and the cost of a token are given. Default: the context. */
  readonly activePositions?: number;
  /** Rank of a LoRA adapter for every matrix of the layers, in f32. Default: none. */
  readonly loraRank?: number;
  /** Bytes per second that memory gives, for the ceiling of decoding. */
  readonly bandwidthBytesPerSecond?: number;
  /** Bytes that may be used; absent: no verdict. */
  readonly budgetBytes?: number;
}

/** The options of a plan, all decided. */
export type ResolvedPlanOptions = Omit<PlanOptionsRecord, 'quantization' | 'host'>;

/** More conversations than one machine holds. */
const MAX_SEQUENCES = 65_536;
/** Longer than the shorter side of any matrix. */
const MAX_LORA_RANK = 65_536;

/**
 * Fills in defaults. Throws RangeError for numbers that are none of what they stand for, `MODEL_CONTEXT` for a context beyond
 * what the model declares.
 */
export function resolvePlanOptions(outline: ModelOutline, options: PlanOptions): ResolvedPlanOptions {
  const { kvType = 'f32', sequences = 1, sharedPrefix = 0, loraRank, budgetBytes, bandwidthBytesPerSecond } = options;
  if (!PLANNED_KV_TYPES.includes(kvType)) {
    throw new RangeError(`kvType must be one of ${PLANNED_KV_TYPES.join(', ')}, got ${kvType}`);
  }
  checkInteger('sequences', sequences, 1, MAX_SEQUENCES);
  if (loraRank !== undefined) checkInteger('loraRank', loraRank, 1, MAX_LORA_RANK);
  if (budgetBytes !== undefined) checkInteger('budgetBytes', budgetBytes, 0, Number.MAX_SAFE_INTEGER);
  if (bandwidthBytesPerSecond !== undefined) {
    checkInteger('bandwidthBytesPerSecond', bandwidthBytesPerSecond, 1, Number.MAX_SAFE_INTEGER);
  }
  const base = resolveBase(outline, options);
  checkInteger('sharedPrefix', sharedPrefix, 0, base.context);
  const activePositions = options.activePositions ?? base.context;
  checkInteger('activePositions', activePositions, 0, base.context);
  return {
    ...base,
    kvType,
    sequences,
    sharedPrefix,
    activePositions,
    ...(loraRank === undefined ? {} : { loraRank }),
  };
}

/** As the runtime decides; a model without a program has the same defaults and its own limit. */
function resolveBase(
  { description, maxContext }: ModelOutline,
  { context, chunk, logitsRows, threads }: PlanOptions,
): Pick<PlanOptionsRecord, 'context' | 'chunk' | 'logitsRows' | 'threads'> {
  const request: LayoutRequest = {
    ...(context === undefined ? {} : { context }),
    ...(chunk === undefined ? {} : { chunk }),
    ...(logitsRows === undefined ? {} : { logitsRows }),
    ...(threads === undefined ? {} : { threads }),
  };
  const limit = description?.hyperparameters ?? { maxContext: maxContext ?? Number.MAX_SAFE_INTEGER };
  const { kvType: _kvType, ...decided } = resolveLayoutOptions(limit, request);
  return decided;
}

/** The type that the layout is made for: a type of ggml has no layout, the nearest of the runtime's stands in. */
export function layoutKvType(kvType: PlannedKvType): KvType {
  return KV_TYPES.find((type) => type === kvType) ?? 'q8';
}

function checkInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} must be an integer from ${least} to ${most}, got ${value}`);
}
