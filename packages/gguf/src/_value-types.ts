/** The types of metadata values: their numbers in the file and their sizes. Reader and writer share them. */
import type { GgufScalarType } from './value.ts';

/** Type names by their number in the file. */
export const VALUE_TYPES: readonly (GgufScalarType | 'array')[] = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
];

/** The least bytes that a value of a type takes in the file; exact for all but strings. */
export const MIN_VALUE_BYTES: Readonly<Record<GgufScalarType, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  string: 8,
  uint64: 8,
  int64: 8,
  float64: 8,
};
