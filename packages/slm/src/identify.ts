/** Which container a file is, by its first four bytes. */
import { type ByteSource, type ReadOptions, readRange } from '@mirust/core';
import { SLM1_MAGIC } from './slm1/format.ts';
import { SLM2_MAGIC } from './slm2/format.ts';

/** The containers of this package. */
export type SlmFormat = 'slm1' | 'slm2';

/** The container that a file is, or undefined where it is neither. Throws what the source throws. */
export async function identifySlm(source: ByteSource, options?: ReadOptions): Promise<SlmFormat | undefined> {
  if (source.byteLength < 4) return undefined;
  const magic = String.fromCharCode(...(await readRange(source, 0, 4, options)));
  return magic === SLM1_MAGIC ? 'slm1' : magic === SLM2_MAGIC ? 'slm2' : undefined;
}
