/** Reads one row of the tensor table. */
import {
  checkedAdd,
  createEncoding,
  cursorOffset,
  type DTypeName,
  dtypeFromGgmlId,
  type ErrorContext,
  elementCount,
  encodedSize,
  REMOVED_GGML_IDS,
  readU32,
  readU64,
  sanitizeText,
  toSafeNumber,
} from '@mirust/core';
import { readString, type StringLimit } from './_string.ts';
import { fill, type HeaderWindow, lacks } from './_window.ts';
import { ggufError } from './errors.ts';
import { MAX_GGUF_RANK, MAX_GGUF_TENSOR_NAME_BYTES } from './limits.ts';

/** The least bytes of a row: name length and one byte, rank, one dimension, type, offset. */
export const MIN_TENSOR_ENTRY_BYTES = 33;

const NAME_LIMIT: StringLimit = { minBytes: 1, maxBytes: MAX_GGUF_TENSOR_NAME_BYTES, code: 'GGUF_NAME_LENGTH' };

/** A row of the table, its offset still relative to the data. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: DTypeName;
  /** Outermost first. */
  readonly shape: readonly number[];
  readonly relativeOffset: number;
  readonly byteLength: number;
  /** Where the row lies in the file, for errors. */
  readonly entryOffset: number;
}

/** Reads a row and checks all that can be said about it alone. */
export async function readTensorEntry(window: HeaderWindow, index: number, alignment: number): Promise<TensorEntry> {
  const entryOffset = cursorOffset(window.cursor);
  const name = await readString(window, NAME_LIMIT, `the name of tensor ${index}`);
  const shown = sanitizeText(name);
  const what = `tensor "${shown}"`;
  if (lacks(window, 4)) await fill(window, 4, what);
  const rankContext = contextHere(window, shown);
  const rank = readU32(window.cursor, what);
  if (rank < 1 || rank > MAX_GGUF_RANK) {
    const expected = `1 to ${MAX_GGUF_RANK}`;
    throw ggufError('GGUF_RANK', `${what} has ${rank} dimensions`, { ...rankContext, actual: rank, expected });
  }
  const restBytes = rank * 8 + 4 + 8;
  if (lacks(window, restBytes)) await fill(window, restBytes, what);
  const shape = readShape(window, rank, what, shown);
  const typeContext = contextHere(window, shown);
  const dtype = toTensorType(readU32(window.cursor, what), what, typeContext);
  const { payloadBytes } = encodedSize(createEncoding(dtype, shape), shape, typeContext);
  const offsetContext = contextHere(window, shown);
  const relativeOffset = toSafeNumber(readU64(window.cursor, what), `the offset of ${what}`, offsetContext);
  if (relativeOffset % alignment !== 0) {
    throw ggufError(
      'GGUF_TENSOR_MISALIGNED',
      `${what} starts at ${relativeOffset}, not at a multiple of ${alignment}`,
      {
        ...offsetContext,
        actual: relativeOffset,
        expected: `a multiple of ${alignment}`,
      },
    );
  }
  checkedAdd(relativeOffset, payloadBytes, `the end of ${what}`, offsetContext);
  return { name, dtype, shape, relativeOffset, byteLength: payloadBytes, entryOffset };
}

/** Dimensions, innermost first in the file; given back outermost first. Their product is safe. */
function readShape(window: HeaderWindow, rank: number, what: string, tensor: string): number[] {
  const context = contextHere(window, tensor);
  const shape: number[] = [];
  for (let index = 0; index < rank; index++) {
    const dimensionContext = contextHere(window, tensor);
    const dimension = readU64(window.cursor, what);
    if (dimension === 0n) {
      throw ggufError('GGUF_DIMENSION', `${what} has a dimension of 0`, {
        ...dimensionContext,
        actual: 0,
        expected: 1,
      });
    }
    shape.push(toSafeNumber(dimension, `a dimension of ${what}`, dimensionContext));
  }
  shape.reverse();
  elementCount(shape, what, context);
  return shape;
}

function toTensorType(id: number, what: string, context: ErrorContext): DTypeName {
  const removed = REMOVED_GGML_IDS.get(id);
  if (removed !== undefined) {
    throw ggufError('GGUF_TENSOR_TYPE_REMOVED', `${what} has the removed type ${id} (${removed})`, {
      ...context,
      actual: id,
    });
  }
  const dtype = dtypeFromGgmlId(id);
  if (dtype === undefined) {
    throw ggufError('GGUF_TENSOR_TYPE', `${what} has the unknown type ${id}`, { ...context, actual: id });
  }
  return dtype;
}

function contextHere(window: HeaderWindow, tensor: string): ErrorContext {
  return { offset: cursorOffset(window.cursor), tensor };
}
