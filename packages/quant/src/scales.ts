/** The check that a reader owes to stored scales. */
import { sanitizeText, scaleByteLength } from '@mirust/core';
import { MAX_F32 } from './_finite.ts';
import { readScale, scaleView } from './_scales.ts';
import { quantError } from './errors.ts';
import type { StoredTensor } from './stored-tensor.ts';

/**
 * Checks that every scale of a tensor is positive and finite; does nothing for types without scales. Decoding does not
 * ask again. Throws `QUANT_SCALE`, naming the first element of the row or block.
 */
export function checkScales(tensor: StoredTensor): void {
  const { encoding, scales } = tensor;
  const view = scaleView(scales);
  const count = scales.byteLength / scaleByteLength(encoding.scaleType);
  for (let index = 0; index < count; index++) {
    const scale = readScale(view, index, encoding.scaleType);
    if (!(scale > 0 && scale <= MAX_F32)) {
      const name = sanitizeText(tensor.name);
      throw quantError('QUANT_SCALE', `scale ${index} of ${name} is ${scale}`, {
        tensor: name,
        element: index * encoding.blockSize,
        actual: String(scale),
        expected: 'positive and finite',
      });
    }
  }
}
