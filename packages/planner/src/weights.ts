/** Bytes of the weights: by type, by layer, and of an adapter beside them. */
import { checkedAdd, checkedMul, elementCount, encodedSize, formatEncoding, type TensorEncoding } from '@mirust/core';
import { tapeEncoding } from '@mirust/model';
import type { WeightBytes, WeightGroup } from '@mirust/schemas';
import type { PlanInput } from './input.ts';
import type { ModelOutline, OutlineTensor } from './outline/outline.ts';

/** The facts of the report, and bytes by the encodings in the tape, in the order of the outline. */
export interface PlannedWeights extends WeightBytes {
  readonly byEncoding: ReadonlyMap<string, number>;
}

/** Payload and scales of every tensor, as the runtime keeps it. Throws RangeError for a tensor without an encoding. */
export function planWeights(input: PlanInput): PlannedWeights {
  const byEncoding = new Map<string, number>();
  const byDtype = new Map<string, number>();
  const outside = new Map<string, number>();
  const layers = new Map<number, number>();
  let bytes = 0;
  for (const tensor of input.outline.tensors) {
    const encoding = keptEncoding(input, tensor);
    const size = tensorBytes(tensor, encoding);
    bytes = checkedAdd(bytes, size, 'weights');
    add(byEncoding, formatEncoding(encoding), size);
    add(byDtype, encoding.dtype, size);
    if (tensor.layer === undefined) add(outside, tensor.name.replace(/\.weight$/, ''), size);
    else add(layers, tensor.layer, size);
  }
  const byLayer: WeightGroup[] = [
    ...[...outside].map(([name, size]) => ({ name, bytes: size })),
    ...[...layers].sort(([a], [b]) => a - b).map(([layer, size]) => ({ name: `layer ${layer}`, bytes: size })),
  ];
  return { bytes, byDtype: Object.fromEntries(byDtype), byLayer, byEncoding };
}

/** How the runtime keeps a tensor; models that it does not run stay as they are stored. */
export function keptEncoding({ outline, encodings }: PlanInput, { name, shape }: OutlineTensor): TensorEncoding {
  const encoding = encodings.get(name);
  if (encoding === undefined) throw new RangeError(`no encoding given for tensor ${name}`);
  return outline.description === undefined ? encoding : tapeEncoding(encoding, shape);
}

/** Payload and scales. Throws `BLOCK_MISMATCH` and `OVERFLOW`. */
export function tensorBytes({ name, shape }: OutlineTensor, encoding: TensorEncoding): number {
  const { payloadBytes, scaleBytes } = encodedSize(encoding, shape, { tensor: name });
  return checkedAdd(payloadBytes, scaleBytes, 'a tensor');
}

/** Elements of a tensor that one token uses: of stacked experts, those that it is routed to. */
export function usedElements({ shape, experts }: OutlineTensor): number {
  const elements = elementCount(shape);
  return experts === undefined ? elements : (elements / experts.count) * experts.used;
}

/** Bytes of a LoRA adapter in f32: two matrices of the rank for every matrix of the layers. Throws `OVERFLOW`. */
export function loraBytes({ tensors }: ModelOutline, rank: number): number {
  let values = 0;
  for (const { shape, role, layer } of tensors) {
    if (role !== 'matrix' || layer === undefined) continue;
    const [columns = 0, rows = 0] = [...shape].reverse();
    const stacked = shape.slice(0, -2).reduce((product, each) => product * each, 1);
    values = checkedAdd(values, checkedMul(rank * stacked, rows + columns, 'adapter'), 'adapter');
  }
  return checkedMul(values, 4, 'adapter');
}

function add<K>(sums: Map<K, number>, key: K, bytes: number): void {
  sums.set(key, (sums.get(key) ?? 0) + bytes);
}
