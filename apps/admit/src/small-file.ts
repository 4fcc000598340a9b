/** Files that are read whole: signatures, keys, certificates. */
import { readRange, sanitizeText } from '@mirust/core';
import { fileSource } from '@mirust/core/node';
import { provenanceError } from '@mirust/provenance';

/** Bytes of a key, of certificates (those of an operating system take 250 kB), of a trusted root. */
export const MAX_TRUST_BYTES: number = 2 ** 20;

/** Reads a file. Throws `PROVENANCE_TOO_LARGE` by its length, and what the source throws. */
export async function readSmall(path: string, maxBytes: number = MAX_TRUST_BYTES): Promise<Uint8Array> {
  const source = await fileSource(path);
  try {
    if (source.byteLength > maxBytes) {
      const file = sanitizeText(path);
      const context = { file, limit: maxBytes, actual: source.byteLength };
      throw provenanceError('PROVENANCE_TOO_LARGE', `${file} has ${source.byteLength} bytes`, context);
    }
    return await readRange(source, 0, source.byteLength);
  } finally {
    await source.close();
  }
}

/** As text, whatever its bytes are: what reads it knows what it takes. */
export async function readSmallText(path: string): Promise<string> {
  return new TextDecoder().decode(await readSmall(path));
}
