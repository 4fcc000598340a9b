/** Chunk trees: how they are cut, made and checked. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHUNK_BYTES,
  type ChunkTree,
  chunkCount,
  chunkLeaf,
  chunkRange,
  createChunkHasher,
  toHex,
  treeDigest,
  verifyChunk,
  verifyRange,
} from '../src/index.ts';

const data: Uint8Array = new Uint8Array(2 * CHUNK_BYTES + 100).map((_, i) => (i * 31) >> 3);
const hash = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const leaves: Buffer = Buffer.concat([0, 1, 2].map((i) => hash(data.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES))));

async function treeOf(bytes: Uint8Array, cuts: readonly number[] = []): Promise<ChunkTree> {
  const hasher = createChunkHasher();
  let at = 0;
  for (const cut of [...cuts, bytes.byteLength]) {
    // The memory is the hasher's only until the promise is settled.
    const piece = bytes.slice(at, cut);
    await hasher.update(piece);
    piece.fill(0);
    at = cut;
  }
  return hasher.finish();
}

describe('a chunk tree', () => {
  it('has the SHA-256 of every chunk as leaves and the SHA-256 of the leaves as digest', async () => {
    const tree = await treeOf(data);
    expect(tree.byteLength).toBe(data.byteLength);
    expect(toHex(tree.leaves)).toBe(leaves.toString('hex'));
    expect(toHex(await treeDigest(tree))).toBe(hash(leaves).toString('hex'));
    expect(toHex(chunkLeaf(tree, 2))).toBe(leaves.subarray(64).toString('hex'));
  });

  it('does not depend on how the data arrives', async () => {
    const cut = fc.nat(data.byteLength);
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { maxLength: 8 }), async (cuts) => {
        const tree = await treeOf(
          data,
          cuts.sort((a, b) => a - b),
        );
        expect(toHex(tree.leaves)).toBe(leaves.toString('hex'));
      }),
      { numRuns: 20 },
    );
  });

  it('of nothing has no leaves', async () => {
    expect(await treeOf(new Uint8Array())).toEqual({ byteLength: 0, leaves: new Uint8Array() });
  });

  it('of whole chunks has no empty one at the end', async () => {
    expect((await treeOf(data.subarray(0, CHUNK_BYTES), [5])).leaves.byteLength).toBe(32);
  });

  it('is cut at multiples of a chunk', () => {
    expect(chunkCount(0)).toBe(0);
    expect(chunkCount(1)).toBe(1);
    expect(chunkCount(CHUNK_BYTES)).toBe(1);
    expect(chunkCount(CHUNK_BYTES + 1)).toBe(2);
    expect(chunkRange(data.byteLength, 2)).toEqual({ offset: 2 * CHUNK_BYTES, byteLength: 100 });
    for (const index of [-1, 3, 0.5]) expect(() => chunkRange(data.byteLength, index)).toThrow(RangeError);
    expect(() => chunkLeaf({ byteLength: data.byteLength, leaves: new Uint8Array(32) }, 1)).toThrow(RangeError);
  });
});

describe('verifying', () => {
  it('accepts each chunk on its own, and runs of whole chunks', async () => {
    const tree = await treeOf(data);
    for (const index of [2, 0, 1]) {
      await verifyChunk(tree, index, data.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES));
    }
    await verifyRange(tree, 0, data);
    await verifyRange(tree, CHUNK_BYTES, data.subarray(CHUNK_BYTES));
    await verifyRange(tree, CHUNK_BYTES, data.subarray(CHUNK_BYTES, 2 * CHUNK_BYTES));
    await verifyRange(tree, 0, new Uint8Array());
  });

  it('CHUNK_DIGEST names chunk, bytes and contents', async () => {
    const tree = await treeOf(data);
    const wrong = data.slice();
    wrong[CHUNK_BYTES + 7] = (wrong[CHUNK_BYTES + 7] ?? 0) ^ 4;
    const context = { baseOffset: 4096, contents: (offset: number, length: number) => `: ${offset}+${length}` };
    await expect(verifyRange(tree, 0, wrong, context)).rejects.toMatchObject({
      code: 'CHUNK_DIGEST',
      class: 'integrity',
      offset: 4096 + CHUNK_BYTES,
      message: expect.stringContaining(
        `chunk 1 (bytes ${4096 + CHUNK_BYTES} to ${4095 + 2 * CHUNK_BYTES}: ${CHUNK_BYTES}+${CHUNK_BYTES})`,
      ) as string,
      context: { expected: leaves.subarray(32, 64).toString('hex') },
    });
  });

  it('refuses what is no whole chunk', async () => {
    const tree = await treeOf(data);
    await expect(verifyChunk(tree, 0, data.subarray(0, 100))).rejects.toThrow(RangeError);
    await expect(verifyChunk(tree, 3, new Uint8Array())).rejects.toThrow(RangeError);
    for (const [offset, length] of [
      [1, CHUNK_BYTES],
      [0, CHUNK_BYTES + 1],
      [0, data.byteLength + 1],
      [-CHUNK_BYTES, CHUNK_BYTES],
    ] as const) {
      await expect(verifyRange(tree, offset, new Uint8Array(length))).rejects.toThrow(RangeError);
    }
  });
});
