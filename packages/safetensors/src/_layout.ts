/** Checks that the tensors cover the data exactly: no hole, no overlap, nothing behind the last. */
import { type ErrorContext, sanitizeText } from '@mirust/core';
import type { HeaderEntry } from './_entry.ts';
import { safetensorsError } from './errors.ts';

/**
 * The entries in the order of their data. Both ends of the sort matter: a tensor without data may share its offset
 * with the one behind it. `dataByteLength` is absent where the data are not expected to be there.
 */
export function checkCoverage(
  entries: readonly HeaderEntry[],
  dataOffset: number,
  dataByteLength: number | undefined,
): HeaderEntry[] {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end, entryOffset } of ordered) {
    const tensor = sanitizeText(name);
    const context: ErrorContext = { offset: entryOffset, tensor, expected: covered, actual: begin };
    if (begin < covered) {
      const message = `tensor "${tensor}" starts at ${begin} of the data, before the one in front of it ends at ${covered}`;
      throw safetensorsError('SAFETENSORS_OVERLAP', message, context);
    }
    if (begin > covered) {
      const message = `tensor "${tensor}" starts at ${begin} of the data, which leaves a hole from ${covered} on`;
      throw safetensorsError('SAFETENSORS_HOLE', message, context);
    }
    covered = end;
  }
  if (dataByteLength === undefined || covered === dataByteLength) return ordered;
  const context = { offset: dataOffset + Math.min(covered, dataByteLength), expected: covered, actual: dataByteLength };
  if (covered > dataByteLength) {
    const message = `the tensors take ${covered} bytes, the file has ${dataByteLength} behind its header`;
    throw safetensorsError('SAFETENSORS_DATA_TRUNCATED', message, context);
  }
  const message = `${dataByteLength - covered} bytes follow the last tensor`;
  throw safetensorsError('SAFETENSORS_TRAILING_BYTES', message, context);
}
