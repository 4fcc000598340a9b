/** Number arrays of a little-endian file as typed arrays. */
import type { GgufNumberArray, GgufNumberType } from './value.ts';

/** Typed arrays read the file's little-endian bytes as they lie only on a little-endian machine. */
const HOST_IS_LITTLE_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The little-endian elements in `bytes`, which fill their buffer, as a typed array over the same memory. */
export function viewNumbers(
  type: GgufNumberType | 'uint64' | 'int64',
  bytes: Uint8Array<ArrayBuffer>,
): GgufNumberArray {
  const { buffer } = bytes;
  const values = typedView(type, buffer);
  if (!HOST_IS_LITTLE_ENDIAN) reverseElements(bytes, values.BYTES_PER_ELEMENT);
  return values;
}

function typedView(type: GgufNumberType | 'uint64' | 'int64', buffer: ArrayBuffer): GgufNumberArray {
  switch (type) {
    case 'uint8':
      return new Uint8Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'uint16':
      return new Uint16Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'uint64':
      return new BigUint64Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
  }
}

function reverseElements(bytes: Uint8Array, elementBytes: number): void {
  for (let at = 0; at < bytes.length; at += elementBytes) bytes.subarray(at, at + elementBytes).reverse();
}
