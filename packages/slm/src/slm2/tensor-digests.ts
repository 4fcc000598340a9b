/** The pass over DATA that readers and writers share: digests of tensors, and what holds besides digests. */
import type { ByteSource } from '@mirust/core';
import { allocatePieces, callerDigester, forEachPiece, type HashOptions, toHex } from '@mirust/integrity';
import type { Region } from '../_regions.ts';
import { type DataPlaces, dataRules } from './_data-rules.ts';

/**
 * The SHA-256 of every tensor, hexadecimal, by one pass over DATA that also checks padding and scales. `visit` sees every
 * piece, which is a chunk; several may be under way at the same time. Memory is that of `digester.ahead` chunks.
 */
export async function tensorDigests(
  source: ByteSource,
  places: DataPlaces,
  options: HashOptions,
  visit?: (bytes: Uint8Array, offset: number) => Promise<void>,
): Promise<string[]> {
  const { digester = callerDigester, ...progress } = options;
  const { tensors, dataOffset, dataByteLength } = places;
  const rules = dataRules(places);
  const digests: Promise<Uint8Array>[] = [];
  let stream = digester.stream();
  await forEachPiece(
    source,
    { offset: dataOffset, byteLength: dataByteLength },
    async (bytes, position) => {
      const offset = position - dataOffset;
      const tasks: (Promise<void> | undefined)[] = [visit?.(bytes, offset)];
      const take = (part: Uint8Array, region: Region, isLast: boolean): void => {
        tasks.push(stream.update(part));
        const hasScales = (tensors[region.tensor]?.scaleByteLength ?? 0) > 0;
        if (!isLast || (region.kind === 'payload' && hasScales)) return;
        digests.push(stream.digest());
        stream = digester.stream();
      };
      try {
        rules.checkBytes(bytes, offset, take);
      } finally {
        // Whatever the rules say: the memory of the piece must not be reused while it is hashed. What `visit` throws comes
        // first: bytes that are not the published ones break rules by chance.
        await Promise.all([...tasks, ...digests]);
      }
    },
    { ...progress, pieces: allocatePieces(digester, dataByteLength) },
  );
  return (await Promise.all(digests)).map(toHex);
}
