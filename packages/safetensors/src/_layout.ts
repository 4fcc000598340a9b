/** Checks that the tensors cover the data exactly: no hole, no overlap, nothing behind the last. */
import { type ErrorContext, sanitizeText } from '@mirust/core';
import type { HeaderEntry } from './_entry.ts';
import { safetensorsError } from './errors.ts';

/**
 * Sorts the entries into the order of their data. Both ends of the sort matter: a tensor without data may share its
 * offset with the one behind it. `dataByteLength` is absent where the data are not expected to be there.
 */
export function checkCoverage(entries: HeaderEntry[], dataOffset: number, dataByteLength: number | undefined): void {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const entry of entries) {
    if (entry.begin !== covered) throw misplaced(entry, covered);
    covered = entry.end;
  }
  if (dataByteLength === undefined || covered === dataByteLength) return;
  const context = { offset: dataOffset + Math.min(covered, dataByteLength), expected: covered, actual: dataByteLength };
  if (covered > dataByteLength) {
    const message = `the tensors take ${covered} bytes, the file has ${dataByteLength} behind its header`;
    throw safetensorsError('SAFETENSORS_DATA_TRUNCATED', message, context);
  }
  const message = `${dataByteLength - covered} bytes follow the last tensor`;
  throw safetensorsError('SAFETENSORS_TRAILING_BYTES', message, context);
}

function misplaced({ name, begin, entryOffset }: HeaderEntry, covered: number): Error {
  const tensor = sanitizeText(name);
  const context: ErrorContext = { offset: entryOffset, tensor, expected: covered, actual: begin };
  const where = `tensor "${tensor}" starts at ${begin} of the data`;
  if (begin > covered) {
    return safetensorsError('SAFETENSORS_HOLE', `${where}, which leaves a hole from ${covered} on`, context);
  }
  const message = `${where}, before the one in front of it ends at ${covered}`;
  return safetensorsError('SAFETENSORS_OVERLAP', message, context);
}
