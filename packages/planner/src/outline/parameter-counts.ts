/** How many parameters a model has, by what is counted. */
import { elementCount } from '@mirust/core';
import type { ModelOutline } from './outline.ts';

/** Parameters of a model. */
export interface ParameterCounts {
  /** Those that the source stores: a tied head twice where it is stored twice. */
  readonly total: number;
  /** Those of the outline's tensors, each once. */
  readonly unique: number;
  /** Those that one token meets: of stacked experts the part that it is routed to, everything else whole. */
  readonly active: number;
}

/** Counts the parameters of an outline. Throws `OVERFLOW` where a tensor's elements pass 2^53 - 1. */
export function parameterCounts(outline: ModelOutline): ParameterCounts {
  let unique = 0;
  let active = 0;
  for (const { name, shape, experts } of outline.tensors) {
    const elements = elementCount(shape, name);
    unique += elements;
    active += experts === undefined ? elements : (elements / experts.count) * experts.used;
  }
  return { total: unique + (outline.storedTwiceElements ?? 0), unique, active };
}
