/** The container that a conversion writes, behind one face: a length that is known first, a writer of tiles. */
import type { ByteSink } from '@mirust/core';
import type { HashOptions } from '@mirust/integrity';
import type { SourceFile, TensorStatistics } from '@mirust/schemas';
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
  /**
   * Writes everything else. `sources` are the digests of the source's files, which may still be under way; a container
   * that records none does not wait for them. Does not commit the sink.
   */
  finish(
    statistics: ReadonlyMap<string, TensorStatistics>,
    sources: Promise<readonly SourceFile[]>,
    options: HashOptions,
  ): Promise<ArtifactDigest>;
}

/** A laid-out artifact. */
export interface ConversionTarget {
  /** Exact, before a weight is converted. */
  readonly byteLength: number;
  /** Whether the artifact holds the digests of the source's files. */
  readonly recordsSources: boolean;
  createWriter(sink: ByteSink): TargetWriter;
}
