/** How many parameters a model has, by what is counted. */
import { elementCount } from '@mirust/core';
import type { ParameterCounts } from '@mirust/schemas';
import type { ModelOutline } from './outline.ts';

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
