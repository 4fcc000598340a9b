/**
 * Carries a planned conversion out: tile by tile, in any order, into a sink. The same source and recipe give the same
 * bytes whatever the order of the tiles. Where the stored encoding is kept, bytes are copied as they are.
 */
import type { CheckpointTensor } from '@mirust/checkpoint';
import { type ByteSink, encodedSize, rowLength, type TensorEncoding } from '@mirust/core';
import {
  createErrorStatistics,
  decodeRows,
  type ErrorStatistics,
  type ErrorStatisticsCollector,
  encodedTile,
  measureTile,
  type ResolvedTensor,
  type StoredTensor,
} from '@mirust/quant';
import type { TensorStatistics } from '@mirust/schemas';
import { rowOffsets } from '@mirust/slm';
import { type ConversionPlan, sameEncoding } from './plan.ts';
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
  readonly storedBytes: number;
  /** Absent where the bytes were copied. */
  readonly error?: ErrorStatistics;
}

/** A finished conversion. */
export interface ConversionReport {
  readonly byteLength: number;
  readonly digest: ArtifactDigest;
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
  try {
    const writer = plan.target.createWriter(sink);
    const jobs = new Map(plan.tensors.map((tensor) => [tensor.name, createJob(plan, tensor)]));
    const specs = plan.request.checkpoint.model.contract;
    const tiles = options.orderTiles?.(cutTiles(specs)) ?? cutTiles(specs);
    const total = tiles.reduce((sum, tile) => sum + valuesOf(jobs, tile), 0);
    let done = 0;
    for (const tile of tiles) {
      options.signal?.throwIfAborted();
      const job = jobs.get(tile.tensor) as TensorJob;
      const bytes = await convertTile(job, tile, options.signal);
      const { payloadOffset, scaleOffset } = rowOffsets(job.stored, tile.firstRow);
      await writer.writeTensor(tile.tensor, { payloadOffset, scaleOffset, ...bytes });
      done += valuesOf(jobs, tile);
      options.onProgress?.(done, total);
    }
    const summaries = new Map([...jobs].map(([name, job]) => [name, job.statistics?.finish()]));
    const digest = await writer.finish(recordedStatistics(summaries), options.signal ? { signal: options.signal } : {});
    await sink.commit();
    return { byteLength: plan.byteLength, digest, tensors: plan.tensors.map((t) => converted(t, jobs, summaries)) };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** The work on one tensor. */
interface TensorJob {
  readonly source: CheckpointTensor;
  /** As it will be stored: name, encoding, shape. */
  readonly stored: { readonly name: string; readonly encoding: TensorEncoding; readonly shape: readonly number[] };
  /** Absent where the bytes are copied. */
  readonly statistics: ErrorStatisticsCollector | undefined;
}

function createJob(plan: ConversionPlan, { name, encoding }: ResolvedTensor): TensorJob {
  const source = plan.request.checkpoint.tensors.get(name);
  if (source === undefined) throw new RangeError(`the checkpoint has no tensor ${name}`);
  const copied = sameEncoding(source.encoding, encoding);
  const stored = { name, encoding, shape: source.shape };
  return { source, stored, statistics: copied ? undefined : createErrorStatistics(source.shape) };
}

async function convertTile(
  job: TensorJob,
  tile: Tile,
  signal: AbortSignal | undefined,
): Promise<{ payload: Uint8Array; scales: Uint8Array }> {
  const { source, stored, statistics } = job;
  const columns = rowLength(source.shape);
  const shape = [tile.rowCount, columns];
  const size = encodedSize(source.encoding, shape, { tensor: source.name });
  const payload = new Uint8Array(size.payloadBytes);
  const scales = new Uint8Array(size.scaleBytes);
  await source.readRows(tile.firstRow, tile.rowCount, payload, scales, signal === undefined ? {} : { signal });
  if (statistics === undefined) return { payload, scales };
  const original = new Float32Array(tile.rowCount * columns);
  decodeRows({ name: source.name, encoding: source.encoding, shape, payload, scales }, 0, tile.rowCount, original);
  const context = { tensor: source.name, firstRow: tile.firstRow };
  const encoded = encodedTile(stored.encoding, columns, original, context);
  const again: StoredTensor = { name: stored.name, encoding: stored.encoding, shape, ...encoded };
  const decoded = new Float32Array(original.length);
  decodeRows(again, 0, tile.rowCount, decoded);
  const measured = { original, decoded, scales: encoded.scales };
  statistics.add(measureTile(stored.encoding, columns, measured, context));
  return encoded;
}

function valuesOf(jobs: ReadonlyMap<string, TensorJob>, tile: Tile): number {
  return tile.rowCount * rowLength((jobs.get(tile.tensor) as TensorJob).source.shape);
}

function recordedStatistics(
  summaries: ReadonlyMap<string, ErrorStatistics | undefined>,
): ReadonlyMap<string, TensorStatistics> {
  const recorded = new Map<string, TensorStatistics>();
  for (const [name, summary] of summaries) if (summary !== undefined) recorded.set(name, fixedWidthStatistics(summary));
  return recorded;
}

function converted(
  tensor: ResolvedTensor,
  jobs: ReadonlyMap<string, TensorJob>,
  summaries: ReadonlyMap<string, ErrorStatistics | undefined>,
): ConvertedTensor {
  const { stored } = jobs.get(tensor.name) as TensorJob;
  const size = encodedSize(stored.encoding, stored.shape);
  const error = summaries.get(tensor.name);
  return { ...tensor, storedBytes: size.payloadBytes + size.scaleBytes, ...(error === undefined ? {} : { error }) };
}
