/** A model as if it were quantized: our types and llama.cpp's file types behind one name. */
import { elementCount, encodedSize, sanitizeText, type TensorEncoding } from '@mirust/core';
import { ENCODABLE_DTYPES } from '@mirust/quant';
import type { ModelOutline } from '../outline/outline.ts';
import { FILE_TYPE_ALIASES, FILE_TYPE_NAMES, findFileType } from './file-types.ts';
import { mixEncodings } from './mix-encodings.ts';
import { recipeEncodings } from './recipe-encodings.ts';

const OUR_NAMES: readonly string[] = [...ENCODABLE_DTYPES, 'keep'];

/** Every name that {@link quantizedEncodings} takes, ours first; `q4` also with a block size, as in `q4/64`. */
export const QUANTIZATION_NAMES: readonly string[] = [...OUR_NAMES, ...FILE_TYPE_NAMES, ...FILE_TYPE_ALIASES.keys()];

/**
 * The encoding of every tensor of an outline, by its name, as the quantization of this name makes it: ours
 * ({@link recipeEncodings}) or a file type of llama.cpp ({@link mixEncodings}).
 *
 * Our names are in small letters and taken as they stand; file types may be written in any case. So `f16` is ours, all
 * matrices in f16, and `F16` is llama.cpp's, which keeps routers and the like in f32: the same for most dense models.
 * Throws RangeError for any other name, with the nearest ones.
 */
export function quantizedEncodings(
  outline: ModelOutline,
  name: string,
  storedEncodings?: ReadonlyMap<string, TensorEncoding>,
): ReadonlyMap<string, TensorEncoding> {
  if (OUR_NAMES.includes(name) || name.startsWith('q4/')) return recipeEncodings(outline, name, storedEncodings);
  const fileType = findFileType(name);
  if (fileType === undefined) throw new RangeError(unknownName(name));
  return mixEncodings(outline, fileType, storedEncodings === undefined ? {} : { storedEncodings });
}

/** Stored bits per element, over all tensors; 0 where there are none. Throws RangeError where an encoding is missing. */
export function bitsPerWeight(outline: ModelOutline, encodings: ReadonlyMap<string, TensorEncoding>): number {
  let bytes = 0;
  let elements = 0;
  for (const { name, shape } of outline.tensors) {
    const encoding = encodings.get(name);
    if (encoding === undefined) throw new RangeError(`no encoding for tensor ${sanitizeText(name)}`);
    const { payloadBytes, scaleBytes } = encodedSize(encoding, shape, { tensor: sanitizeText(name) });
    bytes += payloadBytes + scaleBytes;
    elements += elementCount(shape);
  }
  return elements === 0 ? 0 : (bytes * 8) / elements;
}

/** `q4`, `iq3`, `bf`: names that begin alike are near each other. */
function familyOf(name: string): string | undefined {
  return /^[a-z]{1,5}\d?/i.exec(name)?.[0].toLowerCase();
}

function unknownName(name: string): string {
  const family = familyOf(name);
  const near = QUANTIZATION_NAMES.filter((known) => familyOf(known) === family);
  const names = near.length === 0 ? `write one of ${QUANTIZATION_NAMES.join(', ')}` : `near it are ${near.join(', ')}`;
  return `unknown quantization "${sanitizeText(name)}": ${names}`;
}
