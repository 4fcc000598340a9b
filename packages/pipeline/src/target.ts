/** The container that a conversion writes, behind one face: a length that is known first, a writer of tiles. */
import type { ByteSink } from '@mirust/core';
import type { TensorStatistics } from '@mirust/schemas';
import type { TensorTile } from '@mirust/slm';

/** What a finished artifact is called by. */
export interface ArtifactDigest {
  /** SLM2: hex. */
  readonly rootDigest?: string;
  /** SLM1: the rolling checksum. */
  readonly checksum?: bigint;
}

/** Writes one artifact. */
export interface TargetWriter {
  /** Any order, concurrent calls allowed. */
  writeTensor(name: string, tile: TensorTile): Promise<void>;
  /** Writes everything else. Does not commit the sink. */
  finish(statistics: ReadonlyMap<string, TensorStatistics>, options: FinishOptions): Promise<ArtifactDigest>;
}

/** Options of {@link TargetWriter.finish}. */
export interface FinishOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** A laid-out artifact. */
export interface ConversionTarget {
  /** Exact, before a weight is converted. */
  readonly byteLength: number;
  createWriter(sink: ByteSink): TargetWriter;
}
