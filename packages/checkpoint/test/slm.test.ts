/** SLM1 and SLM2 as checkpoints: what is handed out is what was verified, also when the file is replaced meanwhile. */
import { type ByteSource, memorySource } from '@mirust/core';
import { CHUNK_BYTES } from '@mirust/integrity';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { sectionsOf } from '../../slm/test/_support.ts';
import { type FileSet, inspectCheckpoint, openCheckpoint, readWholeTensor } from '../src/index.ts';
import { pinSource } from '../src/pinned-source.ts';
import { slm1File, slm2File } from './_artifacts.ts';
import { errorOf, watchedFiles } from './_support.ts';

/** A file set over one file whose bytes can be replaced at any time. Counts reads. */
function replaceable(first: Uint8Array): FileSet & { bytes: Uint8Array; reads: number } {
  const files = {
    name: 'model.slm',
    primary: 'model.slm',
    names: ['model.slm'],
    bytes: first,
    reads: 0,
    async open(): Promise<ByteSource> {
      return {
        name: 'model.slm',
        byteLength: first.byteLength,
        async readInto(offset, target, options) {
          options?.signal?.throwIfAborted();
          files.reads++;
          target.set(files.bytes.subarray(offset, offset + target.byteLength));
        },
        async close() {},
      };
    },
  };
  return files;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe('SLM1', () => {
  it('opens, verifies, and gives tensors and tokenizer', async () => {
    const watched = watchedFiles({ 'a.slm': await slm1File() }, 'a.slm');
    const checkpoint = await openCheckpoint(watched);
    expect([checkpoint.format, checkpoint.rootDigest, checkpoint.tensors.size]).toEqual(['slm1', undefined, 12]);
    const progress: number[] = [];
    await checkpoint.verify({ onProgress: (done, total) => progress.push(done / total) });
    expect(progress.at(-1)).toBe(1);
    expect((await checkpoint.readTokenizer())?.model.kind).toBe('byte');
    await checkpoint.close();
    await checkpoint.close();
    expect(watched.openCount()).toBe(0);
  });

  it('is verified before the first weight, whatever is wrong where', async () => {
    const good = await slm1File();
    for (const at of [good.length - 1, good.length - 5000, 20_000]) {
      const checkpoint = await openCheckpoint(watchedFiles({ 'a.slm': flipped(good, at) }, 'a.slm'));
      const [tensor] = [...checkpoint.tensors.values()];
      for (const read of [
        () => readWholeTensor(tensor ?? expect.fail()),
        () => checkpoint.readTokenizer(),
        () => checkpoint.verify(),
      ]) {
        expect((await errorOf(read())).code).toBe('SLM1_CHECKSUM');
      }
      await checkpoint.close();
    }
  });

  it('that is replaced between opening and loading is caught', async () => {
    const [first, second] = [await slm1File(), await slm1File()];
    // The same model with other rope_theta: every tensor lies where it lay, and the checksum is right again.
    new DataView(second.buffer).setFloat32(56, 500, true);
    second.set(await resignedChecksum(second), 100);
    const files = replaceable(first);
    const checkpoint = await openCheckpoint(files);
    files.bytes = second;
    const [tensor] = [...checkpoint.tensors.values()];
    const error = await errorOf(readWholeTensor(tensor ?? expect.fail()));
    expect([error.code, error.class]).toEqual(['SOURCE_CHANGED', 'io']);
    expect((await errorOf(checkpoint.readTokenizer())).code).toBe('SOURCE_CHANGED');
    await checkpoint.close();
  });

  it('that is replaced after it was verified: what is handed out is what was verified', async () => {
    const good = await slm1File();
    const files = replaceable(good);
    const checkpoint = await openCheckpoint(files);
    const tensor = checkpoint.tensors.get('norm.weight') ?? expect.fail();
    const before = await readWholeTensor(tensor);
    files.bytes = new Uint8Array(good.length).fill(1);
    // The whole file is one chunk, which is still there; of larger files a changed chunk is refused: see below.
    expect(await readWholeTensor(tensor)).toEqual(before);
    await checkpoint.close();
  });

  it('is pinned once, whoever asks', async () => {
    const files = replaceable(await slm1File());
    const checkpoint = await openCheckpoint(files);
    const before = files.reads;
    await Promise.all([checkpoint.verify(), checkpoint.readTokenizer(), checkpoint.verify()]);
    const once = files.reads - before;
    await checkpoint.verify();
    expect(files.reads - before).toBe(once);
    await checkpoint.close();
  });

  it("is verified for everyone else when one caller's wish is aborted", async () => {
    const checkpoint = await openCheckpoint(replaceable(await slm1File()));
    const controller = new AbortController();
    const reason = new Error('enough');
    const first = checkpoint.verify({ signal: controller.signal });
    const second = checkpoint.verify();
    const third = checkpoint.readTokenizer();
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    await second;
    expect((await third)?.model.kind).toBe('byte');
    await checkpoint.close();
  });

  it('honours an abort that comes while another caller verifies', async () => {
    const checkpoint = await openCheckpoint(replaceable(await slm1File()));
    const controller = new AbortController();
    const first = checkpoint.verify();
    const second = checkpoint.readTokenizer({ signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    await first;
    await checkpoint.close();
  });
});

/** The checksum of an SLM1 file whose header was changed, as its eight bytes. */
async function resignedChecksum(bytes: Uint8Array): Promise<Uint8Array> {
  const error = await errorOf(
    openCheckpoint(watchedFiles({ 'a.slm': bytes }, 'a.slm')).then((checkpoint) => checkpoint.verify()),
  );
  const checksum = new Uint8Array(8);
  new DataView(checksum.buffer).setBigUint64(0, BigInt(`0x${error.context.actual}`), true);
  return checksum;
}

describe('SLM2', () => {
  it('opens, verifies, and gives tensors, tokenizer and name', async () => {
    const meta = {
      name: 'tiny',
      license: 'MIT',
      baseModel: 'b',
      chatTemplate: '{{x}}',
      generation: { eosTokenIds: [7] },
    };
    const watched = watchedFiles({ 'a.slm': await slm2File(meta) }, 'a.slm');
    const checkpoint = await openCheckpoint(watched);
    expect([checkpoint.format, checkpoint.tensors.size]).toEqual(['slm2', 12]);
    expect(checkpoint.rootDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(checkpoint.facts).toEqual({
      name: 'tiny',
      license: 'MIT',
      baseModel: 'b',
      chatTemplate: '{{x}}',
      endOfGeneration: [7],
      quantizationError: 0.01,
      sources: [expect.objectContaining({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })],
    });
    await checkpoint.verify();
    expect((await checkpoint.readTokenizer())?.model.endOfGeneration).toEqual([7]);
    await checkpoint.close();
    expect(watched.openCount()).toBe(0);
  });

  it('catches a flipped byte of DATA when it is loaded, naming chunk and tensor', async () => {
    const good = await slm2File();
    const data = sectionsOf(good).get('DATA') ?? expect.fail();
    for (const at of [data.offset, data.offset + 3000, data.offset + data.byteLength - 1]) {
      const checkpoint = await openCheckpoint(watchedFiles({ 'a.slm': flipped(good, at) }, 'a.slm'));
      const error = await errorOf(readWholeTensor(checkpoint.tensors.get('norm.weight') ?? expect.fail()));
      expect([error.code, error.class, error.offset]).toEqual(['CHUNK_DIGEST', 'integrity', data.offset]);
      expect(error.message).toMatch(/^chunk 0 \(bytes \d+ to \d+: layers\.0\.attn_norm\.weight, .* and 9 more\)/);
      await checkpoint.close();
    }
  });

  it('gives all weights as one image, in which every tensor has its place', async () => {
    const bytes = await slm2File();
    const checkpoint = await openCheckpoint(watchedFiles({ 'a.slm': bytes }, 'a.slm'));
    const { byteLength, places, readInto } = checkpoint.image ?? expect.fail('no image');
    expect(byteLength).toBe(sectionsOf(bytes).get('DATA')?.byteLength);
    const image = new Uint8Array(byteLength);
    await readInto(image);
    expect([...places.keys()].sort()).toEqual([...checkpoint.tensors.keys()].sort());
    for (const [name, tensor] of checkpoint.tensors) {
      const { payloadOffset, scaleOffset } = places.get(name) ?? expect.fail(name);
      const { payload, scales } = await readWholeTensor(tensor);
      const placed = [
        image.subarray(payloadOffset, payloadOffset + payload.byteLength),
        image.subarray(scaleOffset, scaleOffset + scales.byteLength),
      ];
      expect(placed).toEqual([payload, scales]);
    }
    await checkpoint.close();
  });

  it('finds in its image what was changed', async () => {
    const good = await slm2File();
    const data = sectionsOf(good).get('DATA') ?? expect.fail();
    const checkpoint = await openCheckpoint(watchedFiles({ 'a.slm': flipped(good, data.offset + 3000) }, 'a.slm'));
    const target = new Uint8Array(data.byteLength);
    const error = await errorOf(checkpoint.image?.readInto(target) ?? expect.fail('no image'));
    expect([error.code, error.offset]).toEqual(['CHUNK_DIGEST', data.offset]);
    expect(target.every((byte) => byte === 0)).toBe(true);
    await checkpoint.close();
  });

  it('that is replaced after it was opened is caught', async () => {
    const files = replaceable(await slm2File());
    const checkpoint = await openCheckpoint(files);
    const other = files.bytes.map((byte, index) => (index > files.bytes.length - 100 ? 7 : byte));
    files.bytes = other;
    expect((await errorOf(readWholeTensor(checkpoint.tensors.get('norm.weight') ?? expect.fail()))).code).toBe(
      'CHUNK_DIGEST',
    );
    await checkpoint.close();
  });

  it('lists every problem with its tensors', async () => {
    const bytes = await slm2File({}, (tensors) =>
      tensors
        .filter(({ name }) => name !== 'norm.weight')
        .map((tensor) => {
          if (tensor.name === 'layers.0.wq.weight') return { ...tensor, name: 'layers.9.wq.weight' };
          if (tensor.name !== 'layers.0.wo.weight') return tensor;
          return { ...tensor, shape: [4, 16], encoding: { ...tensor.encoding, blockSize: 16 } };
        }),
    );
    const { checkpoint, problems } = await inspectCheckpoint(watchedFiles({ 'a.slm': bytes }, 'a.slm'));
    expect(problems.map(({ code, context }) => `${code} ${context.tensor}`)).toEqual([
      'MODEL_TENSOR_MISSING norm.weight',
      'MODEL_TENSOR_MISSING layers.0.wq.weight',
      'MODEL_TENSOR_SHAPE layers.0.wo.weight',
      'MODEL_TENSOR_UNKNOWN layers.9.wq.weight',
    ]);
    await checkpoint.verify();
    await checkpoint.close();
  });

  it('ignores end ids beyond its vocabulary, with a warning', async () => {
    const bytes = await slm2File({ generation: { eosTokenIds: [3, 260, 16_777_215] } });
    const checkpoint = await openCheckpoint(watchedFiles({ 'a.slm': bytes }, 'a.slm'));
    expect(checkpoint.facts.endOfGeneration).toEqual([3]);
    expect(checkpoint.warnings.map(({ code }) => code)).toEqual(['CHECKPOINT_END_ID']);
    await checkpoint.close();
  });
});

describe('a pinned source', () => {
  const bytes = Uint8Array.from({ length: 2 * CHUNK_BYTES + 777 }, (_, i) => (i * 31) % 253);

  it('reads what it pinned, across chunks', async () => {
    const pinned = await pinSource(memorySource(bytes));
    for (const [offset, length] of [
      [0, 1],
      [CHUNK_BYTES - 3, 7],
      [5, 2 * CHUNK_BYTES],
      [bytes.length - 9, 9],
    ] as const) {
      const target = new Uint8Array(length);
      await pinned.readInto(offset, target);
      expect(Buffer.compare(target, bytes.subarray(offset, offset + length))).toBe(0);
    }
    expect((await errorOf(pinned.readInto(bytes.length, new Uint8Array(1)))).code).toBe('TRUNCATED');
  });

  it('reads a chunk once for neighbouring reads', async () => {
    const reads: number[] = [];
    const inner = memorySource(bytes);
    const source: ByteSource = {
      ...inner,
      async readInto(offset, target) {
        reads.push(target.byteLength);
        await inner.readInto(offset, target);
      },
    };
    const pinned = await pinSource(source);
    reads.length = 0;
    for (let at = 0; at < 1000; at += 10) await pinned.readInto(at, new Uint8Array(10));
    expect(reads).toEqual([CHUNK_BYTES]);
  });

  it('hands nothing out of a chunk that has changed', async () => {
    const changing = bytes.slice();
    const pinned = await pinSource(memorySource(changing));
    changing[CHUNK_BYTES + 5] = (changing[CHUNK_BYTES + 5] ?? 0) + 1;
    const target = new Uint8Array(10);
    expect((await errorOf(pinned.readInto(CHUNK_BYTES, target))).code).toBe('CHUNK_DIGEST');
    expect([...target]).toEqual(new Array(10).fill(0));
    await pinned.readInto(0, target);
    expect([...target]).toEqual([...bytes.subarray(0, 10)]);
  });
});
