/** The check that a reader owes to stored scales, and to the padding between them where rows are interleaved. */
import { findPanelFault, rowLength, sanitizeText, scaleByteLength } from '@mirust/core';
import { MAX_F32 } from './_finite.ts';
import { readScale, scaleView } from './_scales.ts';
import { quantError } from './errors.ts';
import type { StoredTensor } from './stored-tensor.ts';

/**
 * Checks that every scale of a tensor is positive and finite; does nothing for types without scales. Decoding does not
 * ask again. Of an interleaved tensor, all of it, the padding is checked too.
 *
 * Throws `QUANT_SCALE`, naming the first element of the row or block, and `QUANT_PADDING`.
 */
export function checkScales(tensor: StoredTensor): void {
  const { encoding, scales } = tensor;
  if (encoding.layout === 'interleaved') {
    checkPanels(tensor);
    return;
  }
  const { blockSize, scaleType } = encoding;
  const view = scaleView(scales);
  const count = scales.byteLength / scaleByteLength(scaleType);
  for (let index = 0; index < count; index++) {
    const scale = readScale(view, index, scaleType);
    if (!(scale > 0 && scale <= MAX_F32)) throw badScale(tensor, index * blockSize, scale);
  }
}

function checkPanels(tensor: StoredTensor): void {
  const { encoding, shape, payload } = tensor;
  const fault = findPanelFault(encoding, shape, payload, 0);
  if (fault === undefined) return;
  if (fault.kind === 'scale') {
    const { scaleType } = encoding;
    const scale = readScale(scaleView(payload), fault.offset / scaleByteLength(scaleType), scaleType);
    throw badScale(tensor, fault.row * rowLength(shape) + fault.column, scale);
  }
  const name = sanitizeText(tensor.name);
  const actual = payload[fault.offset] ?? 0;
  const message = `byte ${fault.offset} of ${name} is padding and has the value ${actual}`;
  throw quantError('QUANT_PADDING', message, { tensor: name, expected: 0, actual });
}

function badScale(tensor: StoredTensor, element: number, scale: number): Error {
  const name = sanitizeText(tensor.name);
  return quantError('QUANT_SCALE', `the scale at element ${element} of ${name} is ${scale}`, {
    tensor: name,
    element,
    actual: String(scale),
    expected: 'positive and finite',
  });
}
