/** The pass over a whole SLM1 file: checksum, padding, scales. */
import type { ByteSource } from '@mirust/core';
import { createSlm1Checksum, forEachPiece, hex64, type ProgressOptions } from '@mirust/integrity';
import { checkRegions, dataRegions } from '../_regions.ts';
import { slmError } from '../errors.ts';
import type { Slm1File } from './format.ts';

/** Options of {@link verifySlm1Checksum}. */
export interface VerifySlm1Options extends ProgressOptions {
  /**
   * Sees every piece of the file in order, so that a loader reads and verifies in one pass. The verdict comes at the end:
   * what was taken is void unless the promise is fulfilled. The memory of a piece is reused.
   */
  readonly onPiece?: (bytes: Uint8Array, offset: number) => void;
}

/**
 * Reads the whole file once, in constant memory. Throws `SLM1_CHECKSUM` where it does not have the checksum of its
 * header, `SLM1_PADDING` and `SLM1_SCALE_VALUE` where padding or scales break their rules. The checksum is judged last
 * but reported first: in a damaged file the other two are consequences.
 */
export async function verifySlm1Checksum(
  source: ByteSource,
  file: Slm1File,
  options: VerifySlm1Options = {},
): Promise<void> {
  const { checksum, problem } = await passOverSlm1(source, file, options);
  if (checksum !== file.header.checksum) {
    throw slmError('SLM1_CHECKSUM', `the file has the checksum ${hex64(checksum)}`, {
      offset: 100,
      expected: hex64(file.header.checksum),
      actual: hex64(checksum),
    });
  }
  if (problem !== undefined) throw problem;
}

/** The checksum of a file, and the first rule that its padding or scales break. The stored checksum is not looked at. */
export async function passOverSlm1(
  source: ByteSource,
  file: Pick<Slm1File, 'tensors'> & { readonly header: Pick<Slm1File['header'], 'dataOffset'> },
  options: VerifySlm1Options,
): Promise<{ readonly checksum: bigint; readonly problem: unknown }> {
  const { dataOffset } = file.header;
  const tensors = [...file.tensors].sort((a, b) => a.offset - b.offset);
  const regions = dataRegions(tensors, dataOffset, source.byteLength);
  const checksum = createSlm1Checksum();
  let problem: unknown;
  const visit = (bytes: Uint8Array, offset: number): void => {
    checksum.update(bytes);
    options.onPiece?.(bytes, offset);
    const skipped = Math.max(0, dataOffset - offset);
    if (problem !== undefined || skipped >= bytes.byteLength) return;
    try {
      const codes = { padding: 'SLM1_PADDING', scale: 'SLM1_SCALE_VALUE' } as const;
      checkRegions(regions, tensors, bytes.subarray(skipped), offset + skipped, codes);
    } catch (error) {
      problem = error;
    }
  };
  await forEachPiece(source, { offset: 0, byteLength: source.byteLength }, visit, options);
  return { checksum: checksum.digest(), problem };
}
