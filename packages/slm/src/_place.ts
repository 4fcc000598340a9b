/** Gives tensors their places, one after the other; both containers use the same rule. */
import { alignUp, checkedAdd, encodedSize } from '@mirust/core';
import { PAYLOAD_ALIGNMENT, type PlacedTensor, SCALE_ALIGNMENT, type TensorDescription } from './tensor.ts';

/** The place of a tensor whose predecessor ends at `end`. Throws `OVERFLOW` where a size passes 2^53 - 1. */
export function placeTensor(tensor: TensorDescription, end: number): PlacedTensor {
  const { name, encoding, shape } = tensor;
  const context = { tensor: name };
  const size = encodedSize(encoding, shape, context);
  const offset = alignUp(end, PAYLOAD_ALIGNMENT, `offset of ${name}`);
  const payloadEnd = checkedAdd(offset, size.payloadBytes, `end of ${name}`, context);
  const scaleOffset = size.scaleBytes === 0 ? 0 : alignUp(payloadEnd, SCALE_ALIGNMENT, `scales of ${name}`);
  const scaleByteLength = size.scaleBytes;
  checkedAdd(scaleOffset, scaleByteLength, `end of ${name}`, context);
  return { name, encoding, shape, offset, byteLength: size.payloadBytes, scaleOffset, scaleByteLength };
}

/** Where a placed tensor ends, scales included. */
export function tensorEnd(tensor: PlacedTensor): number {
  return tensor.scaleByteLength > 0 ? tensor.scaleOffset + tensor.scaleByteLength : tensor.offset + tensor.byteLength;
}

/** Places tensors in the given order from `start` on. `end` is a multiple of the payload alignment. */
export function placeTensors(
  tensors: readonly TensorDescription[],
  start: number,
): { readonly tensors: readonly PlacedTensor[]; readonly end: number } {
  const placed: PlacedTensor[] = [];
  let end = start;
  for (const tensor of tensors) {
    const next = placeTensor(tensor, end);
    placed.push(next);
    end = tensorEnd(next);
  }
  return { tensors: placed, end: alignUp(end, PAYLOAD_ALIGNMENT, 'end of the data') };
}
