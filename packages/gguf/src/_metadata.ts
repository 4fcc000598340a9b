/** Reads the metadata table, and the one key of it that the reader itself needs. */
import { cursorOffset, isAlignment, sanitizeText } from '@mirust/core';
import { readString, type StringLimit } from './_string.ts';
import { readValue } from './_value.ts';
import type { HeaderWindow } from './_window.ts';
import { ggufError } from './errors.ts';
import { DEFAULT_GGUF_ALIGNMENT, MAX_GGUF_ALIGNMENT, MAX_GGUF_KEY_BYTES, MIN_GGUF_ALIGNMENT } from './limits.ts';
import { optionalUint, valueContext } from './metadata.ts';
import type { GgufMetadata, GgufValue } from './value.ts';

/** The least bytes of an entry: key length and one byte, type, a one-byte value. */
export const MIN_METADATA_ENTRY_BYTES = 14;

const KEY_LIMIT: StringLimit = { minBytes: 1, maxBytes: MAX_GGUF_KEY_BYTES, code: 'GGUF_KEY_LENGTH' };

/** Reads the metadata table. */
export async function readMetadata(window: HeaderWindow, count: number): Promise<Map<string, GgufValue>> {
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < count; index++) {
    const offset = cursorOffset(window.cursor);
    const key = await readString(window, KEY_LIMIT, `metadata key ${index}`);
    const shown = sanitizeText(key);
    if (metadata.has(key)) {
      throw ggufError('GGUF_DUPLICATE_KEY', `the metadata key "${shown}" occurs twice`, { offset, key: shown });
    }
    metadata.set(key, await readValue(window, shown, `the value of "${shown}"`));
  }
  return metadata;
}

/** The alignment of the file: `general.alignment`, or 32. Throws `GGUF_ALIGNMENT` and as `optionalUint` does. */
export function readAlignment(metadata: GgufMetadata): number {
  const key = 'general.alignment';
  const alignment = optionalUint(metadata, key) ?? DEFAULT_GGUF_ALIGNMENT;
  if (!isAlignment(alignment) || alignment < MIN_GGUF_ALIGNMENT || alignment > MAX_GGUF_ALIGNMENT) {
    throw ggufError('GGUF_ALIGNMENT', `${key} is ${alignment}`, {
      ...valueContext(metadata, key),
      actual: alignment,
      expected: `a power of two from ${MIN_GGUF_ALIGNMENT} to ${MAX_GGUF_ALIGNMENT}`,
    });
  }
  return alignment;
}
