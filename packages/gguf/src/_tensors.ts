/** Reads the tensor table. */
import { sanitizeText, type Warning } from '@mirust/core';
import { readTensorEntry, type TensorEntry } from './_tensor-entry.ts';
import type { HeaderWindow } from './_window.ts';
import { ggufError } from './errors.ts';
import { FORMAT_TENSOR_NAME_BYTES } from './limits.ts';

/** Reads the tensor table. */
export async function readTensorTable(window: HeaderWindow, count: number, alignment: number): Promise<TensorEntry[]> {
  const entries: TensorEntry[] = [];
  const names = new Set<string>();
  for (let index = 0; index < count; index++) {
    const entry = await readTensorEntry(window, index, alignment);
    if (names.has(entry.name)) {
      const tensor = sanitizeText(entry.name);
      const context = { offset: entry.entryOffset, tensor };
      throw ggufError('GGUF_DUPLICATE_TENSOR', `tensor "${tensor}" occurs twice`, context);
    }
    names.add(entry.name);
    entries.push(entry);
  }
  return entries;
}

/** The warning about names that pass the limit of the format, if any do. */
export function longNameWarning(entries: readonly TensorEntry[]): Warning[] {
  const long = entries.filter(({ name }) => isLongName(name));
  const first = long[0];
  if (first === undefined) return [];
  const tensor = sanitizeText(first.name);
  const message = `${long.length} tensor names pass ${FORMAT_TENSOR_NAME_BYTES} bytes, the first is "${tensor}"`;
  return [{ code: 'GGUF_LONG_TENSOR_NAME', message, offset: first.entryOffset, tensor }];
}

function isLongName(name: string): boolean {
  // A UTF-16 unit takes one to three bytes: only names between the two bounds must be measured.
  if (name.length > FORMAT_TENSOR_NAME_BYTES) return true;
  return name.length * 3 > FORMAT_TENSOR_NAME_BYTES && new TextEncoder().encode(name).length > FORMAT_TENSOR_NAME_BYTES;
}
