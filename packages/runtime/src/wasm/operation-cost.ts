/** What an operation must read and compute at least: what its time is to be held against. */
import { kvPayloadBytes, kvScaleBytes, type LoweredOperation } from '@mirust/model';
import type { BackendContext, RunRequest } from '../backend.ts';
import type { OperationCost } from '../profile.ts';
import { weightOf } from '../weights.ts';

/** Cost of one operation of a run; undefined for those whose work is small beside their data's way through the cache. */
export function operationCost(
  { model, layout, weights }: BackendContext,
  operation: LoweredOperation,
  run: RunRequest,
): OperationCost | undefined {
  if (operation.kind === 'matmul') {
    const { payload, scales, shape } = weightOf(weights, operation.weight);
    const isLogits = layout.program.outputs.includes(operation.output);
    const rows = isLogits ? run.logitsRows : run.tokens.length;
    if (rows === 0) return { bytes: 0, operations: 0 };
    const elements = shape.reduce((product, dim) => product * dim, 1);
    return { bytes: payload.byteLength + scales.byteLength, operations: 2 * elements * rows };
  }
  if (operation.kind === 'attention') {
    const h = model.hyperparameters;
    const { kvType } = layout.options;
    const window = h.slidingWindow ?? Number.POSITIVE_INFINITY;
    let seen = 0;
    for (let t = 0; t < run.tokens.length; t++) seen += Math.min(run.startPosition + t + 1, window);
    const positions = Math.min(run.startPosition + run.tokens.length, window + run.tokens.length);
    const vector = kvPayloadBytes(kvType, h.headDim) + kvScaleBytes(kvType);
    return { bytes: 2 * positions * h.kvHeadCount * vector, operations: 4 * seen * h.headCount * h.headDim };
  }
  return undefined;
}
