/** A tensor of either SLM container as an entry of a list. */
import type { PlacedTensor } from '@mirust/slm';
import type { StoredTensor } from '../opened.ts';

/** The entry of a tensor that lies in `file`. */
export function storedTensorOf(tensor: PlacedTensor, file: string): StoredTensor {
  const { name, shape, encoding, byteLength, scaleByteLength } = tensor;
  return { name, shape, encoding, byteLength: byteLength + scaleByteLength, file };
}
