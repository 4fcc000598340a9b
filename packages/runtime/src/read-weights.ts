/**
 * Reads the weights of a checkpoint into the weight tape: in one go where a file is the image of the tape, else tensor by
 * tensor. Formats that carry digests are verified on these very bytes, not on an earlier reading of the file.
 */
import type { Checkpoint, WeightImage } from '@mirust/checkpoint';
import { encodedSize } from '@mirust/core';
import type { DigestPool } from '@mirust/integrity';
import { scalesName, tapeEncoding } from '@mirust/model';
import type { StoredTensor } from '@mirust/quant';
import type { LoadTimes } from './load-times.ts';
import type { ModelMemory } from './memory.ts';
import { readTensors } from './read-tensors.ts';
import type { LoadedWeights } from './weights.ts';

/** How to read. */
export interface ReadWeightsOptions {
  readonly signal?: AbortSignal;
  /** Called as bytes arrive. */
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void;
  /** Helps where the memory is shared. */
  readonly pool?: DigestPool | undefined;
}

/** The weights in the tape, and how long it took to get them there. */
export interface ReadWeights {
  readonly weights: LoadedWeights;
  readonly times: LoadTimes;
}

/**
 * Fills the weight tape. Throws whatever reading and verifying throw, and the signal's reason: then the tape holds bytes
 * that nobody may use, and nothing is being read into it any more.
 */
export async function readWeights(
  checkpoint: Checkpoint,
  memory: ModelMemory,
  options: ReadWeightsOptions,
): Promise<ReadWeights> {
  const weights = placeWeights(checkpoint, memory);
  const tape = memory.weightTape();
  const image = imageOf(checkpoint, tape, weights);
  if (image === undefined) return { weights, times: await readTensors(checkpoint, memory, weights, options) };
  const times = await image.readInto(tape.subarray(0, image.byteLength), options);
  return { weights, times: { bytes: image.byteLength, ...times } };
}

/** The tensors as the tape holds them; their bytes are not there yet. */
function placeWeights(checkpoint: Checkpoint, memory: ModelMemory): LoadedWeights {
  const weights = new Map<string, StoredTensor>();
  for (const [name, { encoding: stored, shape }] of checkpoint.tensors) {
    const encoding = tapeEncoding(stored, shape);
    const payload = memory.weight(name);
    const hasScales = encodedSize(encoding, shape, { tensor: name }).scaleBytes > 0;
    const scales = hasScales ? memory.weight(scalesName(name)) : new Uint8Array(0);
    weights.set(name, { name, encoding, shape, payload, scales });
  }
  return weights;
}

/**
 * The image of a checkpoint whose tensors have the layout that the tape wants. Rows one by one may have the same places as
 * interleaved ones (as many bytes, in another order), so places alone would not tell.
 */
export function tapeOrderedImage({ image, tensors }: Checkpoint): WeightImage | undefined {
  for (const { encoding, shape } of tensors.values()) {
    if (tapeEncoding(encoding, shape).layout !== encoding.layout) return undefined;
  }
  return image;
}

/** The image of a file in which every tensor lies where, and as, the tape has it. */
function imageOf(checkpoint: Checkpoint, tape: Uint8Array, weights: LoadedWeights): WeightImage | undefined {
  const image = tapeOrderedImage(checkpoint);
  if (image === undefined || image.byteLength > tape.byteLength) return undefined;
  for (const [name, { payload, scales }] of weights) {
    const place = image.places.get(name);
    if (payload.byteOffset - tape.byteOffset !== place?.payloadOffset) return undefined;
    if (scales.byteLength > 0 && scales.byteOffset - tape.byteOffset !== place.scaleOffset) return undefined;
  }
  return image;
}
