/**
 * Carries a planned conversion out: tile by tile, in any order, into a sink. The same source, recipe and layout give the
 * same bytes whatever the order of the tiles. Where the stored encoding is kept, bytes are copied, or moved into the
 * artifact's layout; no value is decoded and encoded again.
 *
 * Memory is that of a few copies of one tile, 56 bytes per row of the tensors that are begun and not finished, and what
 * the container's writer holds.
 */
import { type ByteSink, encodedSize, type ReadOptions, rowLength, rowOffsets } from '@mirust/core';
import type { ErrorStatistics, ResolvedTensor } from '@mirust/quant';
import type { TensorStatistics } from '@mirust/schemas';
import { createJob, type TensorJob } from './_job.ts';
import type { ConversionPlan } from './plan.ts';
import { fixedWidthStatistics } from './statistics.ts';
import type { ArtifactDigest } from './target.ts';
import { cutTiles, type Tile } from './tiles.ts';

/** How to convert. */
export interface ConvertOptions {
  readonly signal?: AbortSignal;
  /** Source values converted so far, of all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Reorders the tiles; for tests that prove that the order does not matter. Default: as they are. */
  readonly orderTiles?: (tiles: readonly Tile[]) => readonly Tile[];
}

/** One tensor of a finished conversion. */
export interface ConvertedTensor extends ResolvedTensor {
  /** Payload and scales, without padding. */
  readonly storedBytes: number;
  /** Absent where the bytes were copied. */
  readonly error?: ErrorStatistics;
}

/** A finished conversion. */
export interface ConversionReport {
  readonly byteLength: number;
  readonly digest: ArtifactDigest;
  /** In contract order. */
  readonly tensors: readonly ConvertedTensor[];
}

/**
 * Converts into `sink` and commits it; on any failure the sink is aborted and nothing is left behind.
 *
 * Throws what source, codecs (a NaN in the weights names tensor and index), containers and sink throw, and the signal's
 * reason.
 */
export async function convert(
  plan: ConversionPlan,
  sink: ByteSink,
  options: ConvertOptions = {},
): Promise<ConversionReport> {
  const { signal, onProgress } = options;
  const readOptions: ReadOptions = signal === undefined ? {} : { signal };
  try {
    const writer = plan.target.createWriter(sink);
    const jobs = new Map(plan.tensors.map((tensor) => [tensor.name, createJob(plan, tensor)]));
    const cut = cutTiles(plan.request.checkpoint.model.contract);
    const tiles = options.orderTiles?.(cut) ?? cut;
    const total = tiles.reduce((sum, tile) => sum + valuesOf(jobs, tile), 0);
    let done = 0;
    for (const tile of tiles) {
      signal?.throwIfAborted();
      const job = jobOf(jobs, tile.tensor);
      const bytes = await job.convert(tile, readOptions);
      const { payloadOffset, scaleOffset } = rowOffsets(job.stored, tile.firstRow);
      await writer.writeTensor(tile.tensor, { payloadOffset, scaleOffset, ...bytes });
      done += valuesOf(jobs, tile);
      onProgress?.(done, total);
    }
    const tensors = plan.tensors.map((tensor) => converted(tensor, jobOf(jobs, tensor.name)));
    const digest = await writer.finish(recordedStatistics(tensors), readOptions);
    await sink.commit();
    return { byteLength: plan.byteLength, digest, tensors };
  } catch (error) {
    // The first error counts; a sink that also fails to clean up changes nothing.
    await sink.abort().catch(() => {});
    throw error;
  }
}

function jobOf(jobs: ReadonlyMap<string, TensorJob>, name: string): TensorJob {
  const job = jobs.get(name);
  if (job === undefined) throw new RangeError(`the plan has no tensor ${name}`);
  return job;
}

function valuesOf(jobs: ReadonlyMap<string, TensorJob>, { tensor, rowCount }: Tile): number {
  return rowCount * rowLength(jobOf(jobs, tensor).stored.shape);
}

function recordedStatistics(tensors: readonly ConvertedTensor[]): ReadonlyMap<string, TensorStatistics> {
  const recorded = new Map<string, TensorStatistics>();
  for (const { name, error } of tensors) if (error !== undefined) recorded.set(name, fixedWidthStatistics(error));
  return recorded;
}

function converted(tensor: ResolvedTensor, job: TensorJob): ConvertedTensor {
  const { payloadBytes, scaleBytes } = encodedSize(job.stored.encoding, job.stored.shape);
  const error = job.statistics();
  return { ...tensor, storedBytes: payloadBytes + scaleBytes, ...(error === undefined ? {} : { error }) };
}
