/**
 * Carries a planned conversion out: tile by tile, in any order, into a sink. The same source, recipe and layout give the
 * same bytes whatever the order of the tiles and whoever converts them. Where the stored encoding is kept, bytes are
 * copied, or moved into the artifact's layout; no value is decoded and encoded again.
 *
 * ```
 * tiles     read → convert → write      several under way, on every thread
 * sources   read → SHA-256              beside the tiles, a file per thread
 * DATA      read back → SHA-256         when all tiles are written, on every thread
 * ```
 * Memory is that of the tiles under way (`2 · threads + 1` of 1 MiB of f32, before and after), of as many pieces of files,
 * 56 bytes per row of the tensors that are begun and not finished, and what the container's writer holds.
 */
import { type ByteSink, elementCount, encodedSize, type ReadOptions, rowLength, rowOffsets } from '@mirust/core';
import type { ErrorStatistics, ResolvedTensor } from '@mirust/quant';
import type { TensorStatistics } from '@mirust/schemas';
import { type Crew, createCrew } from './_crew.ts';
import { createJob, type TensorJob } from './_job.ts';
import { createKernelTiles } from './_kernel-tiles.ts';
import { createLentFiles, type LentFiles } from './_lent-files.ts';
import { forEachTile } from './_tile-lanes.ts';
import { planSlots, type SlotPlan, slotAt } from './_tile-slots.ts';
import type { ConversionPlan } from './plan.ts';
import { beginSourceDigests, type SourceDigests } from './source-digests.ts';
import { fixedWidthStatistics } from './statistics.ts';
import type { ArtifactDigest, TargetWriter } from './target.ts';
import { cutTiles, type Tile } from './tiles.ts';
import type { Workers } from './workers.ts';

/** How to convert. */
export interface ConvertOptions {
  readonly signal?: AbortSignal;
  /** Bytes of f32 converted and of files digested so far, of all: progress, no size of anything. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Reorders the tiles; for tests that prove that the order does not matter. Default: as they are. */
  readonly orderTiles?: (tiles: readonly Tile[]) => readonly Tile[];
  /** Who converts. Default: the caller's thread, which reads ahead and writes behind. */
  readonly workers?: Workers | undefined;
  /**
   * Digests of the source's files that are under way already, for a plan that has none: threads would be idle while it is
   * made. They end with the conversion. Default: they are begun here.
   */
  readonly digests?: SourceDigests | undefined;
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
 * Converts into `sink` and commits it; on any failure the sink is aborted and nothing is left behind, and nothing is being
 * read, converted or written any more. Of several tiles that fail the first one's error is thrown.
 *
 * Throws what source, codecs (a NaN in the weights names tensor and index), containers, sink and workers throw, and the
 * signal's reason.
 */
export async function convert(
  plan: ConversionPlan,
  sink: ByteSink,
  options: ConvertOptions = {},
): Promise<ConversionReport> {
  const { signal, workers } = options;
  const { checkpoint } = plan.request;
  const files = createLentFiles();
  let { digests } = options;
  try {
    signal?.throwIfAborted();
    const writer = plan.target.createWriter(sink);
    const cut = cutTiles(checkpoint.model.contract);
    const tiles = options.orderTiles?.(cut) ?? cut;
    const slots = planSlots(plan, tiles);
    const crew = await createCrew(workers, slots.slotBytes);
    if (plan.digestsSources)
      digests ??= beginSourceDigests(checkpoint, { workers, ...(signal === undefined ? {} : { signal }) });
    const progress = createProgress(plan, digests, options);
    const tensors = await convertTiles({ plan, tiles, slots, crew, files, writer, digests, signal }, progress);
    await files.checkUnchanged();
    const finishing = { digester: crew.digester, ...(signal === undefined ? {} : { signal }) };
    const sources = digests?.files ?? Promise.resolve(plan.request.sources);
    const digest = await writer.finish(recordedStatistics(tensors), sources, finishing);
    await sink.commit();
    return { byteLength: plan.byteLength, digest, tensors };
  } catch (error) {
    await digests?.end();
    // The first error counts; a sink that also fails to clean up changes nothing.
    await sink.abort().catch(() => {});
    throw error;
  } finally {
    files.giveBack();
  }
}

/** What the tiles of a conversion need. */
interface TileWork {
  readonly plan: ConversionPlan;
  readonly tiles: readonly Tile[];
  readonly slots: SlotPlan;
  readonly crew: Crew;
  readonly files: LentFiles;
  readonly writer: TargetWriter;
  readonly digests: SourceDigests | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Converts and writes all tiles. */
async function convertTiles(
  { plan, tiles, slots, crew, files, writer, digests, signal }: TileWork,
  progress: Progress,
): Promise<ConvertedTensor[]> {
  const { kernels } = crew;
  const kernelTiles = kernels && createKernelTiles(kernels, crew.readsFiles ? files : undefined);
  const jobs = new Map(plan.tensors.map((tensor) => [tensor.name, createJob(plan, tensor, kernelTiles)]));
  const readOptions: ReadOptions = signal === undefined ? {} : { signal };
  let areDigestsGood = true;
  digests?.files.catch(() => {
    areDigestsGood = false;
  });
  const lanes = Array.from({ length: crew.tilesAhead }, (_, index) => kernels && slotAt(kernels, slots, index));
  await forEachTile(
    tiles,
    lanes,
    async (tile, slot) => {
      signal?.throwIfAborted();
      const job = jobOf(jobs, tile.tensor);
      const { payload, scales } = await job.convert(tile, slot, readOptions);
      const { payloadOffset, scaleOffset } = rowOffsets(job.stored, tile.firstRow);
      await writer.writeTensor(tile.tensor, { payloadOffset, scaleOffset, payload, scales });
      // What others have under way when the signal comes is no progress any more.
      signal?.throwIfAborted();
      progress.converted(tile.rowCount * rowLength(job.stored.shape));
    },
    () => areDigestsGood,
  );
  // Where they have failed, tiles are missing: this says why.
  if (!areDigestsGood) await digests?.files;
  return plan.tensors.map((tensor) => converted(tensor, jobOf(jobs, tensor.name)));
}

/** Who is told how far a conversion is. */
interface Progress {
  /** So many more values are. */
  converted(values: number): void;
}

/** As f32 a value has four bytes. */
const VALUE_BYTES = 4;

function createProgress(
  { request, tensors }: ConversionPlan,
  digests: SourceDigests | undefined,
  { onProgress }: ConvertOptions,
): Progress {
  const shapes = tensors.map(({ name }) => request.checkpoint.tensors.get(name)?.shape ?? []);
  const values = shapes.reduce((sum, shape) => sum + elementCount(shape), 0);
  let done = 0;
  const show = (): void => {
    onProgress?.(done * VALUE_BYTES + (digests?.doneBytes ?? 0), values * VALUE_BYTES + (digests?.totalBytes ?? 0));
  };
  if (digests !== undefined) digests.onProgress = show;
  return {
    converted(count) {
      done += count;
      show();
    },
  };
}

function jobOf(jobs: ReadonlyMap<string, TensorJob>, name: string): TensorJob {
  const job = jobs.get(name);
  if (job === undefined) throw new RangeError(`the plan has no tensor ${name}`);
  return job;
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
