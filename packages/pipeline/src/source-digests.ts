/** SHA-256 of every file of a source, so that an artifact says what it was made from. */
import type { Checkpoint, CheckpointFile } from '@mirust/checkpoint';
import { sha256Source, toHex } from '@mirust/integrity';
import type { SourceFile } from '@mirust/schemas';
import { PENDING_SHA256 } from '@mirust/slm';
import { shortText } from './_short-text.ts';
import type { Workers } from './workers.ts';

/** Options of {@link digestSources}. */
export interface DigestOptions {
  readonly signal?: AbortSignal;
  /** Of all files together. */
  readonly onProgress?: (doneBytes: number) => void;
  /** Who takes them. Default: the caller's thread, a file after the other. */
  readonly workers?: Workers | undefined;
}

/** The files of a checkpoint with their digests, sorted by name. Reads every byte once, several files at a time. */
export async function digestSources(checkpoint: Checkpoint, options: DigestOptions = {}): Promise<SourceFile[]> {
  const { signal, onProgress, workers } = options;
  const digester = (await workers?.started) === true ? workers?.digester : undefined;
  const files: SourceFile[] = [];
  const waiting = [...checkpoint.files];
  const failures: unknown[] = [];
  let doneBytes = 0;
  async function lane(): Promise<void> {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      let fileBytes = 0;
      const digest = await sha256Source(file.source, {
        ...(signal === undefined ? {} : { signal }),
        digester,
        onProgress(done) {
          doneBytes += done - fileBytes;
          fileBytes = done;
          onProgress?.(doneBytes);
        },
      });
      files.push(sourceFile(file, toHex(digest)));
    }
  }
  const lanes = digester === undefined ? 1 : digester.streams;
  await Promise.all(
    Array.from({ length: lanes }, () =>
      lane().catch((error) => {
        waiting.length = 0;
        failures.push(error);
      }),
    ),
  );
  // What failed first; the rest is over by now.
  if (failures.length > 0) throw failures[0];
  return files.sort(byName);
}

/** Digests of the files of a checkpoint, under way. */
export interface SourceDigests {
  /** Rejected as {@link digestSources} is. */
  readonly files: Promise<readonly SourceFile[]>;
  readonly totalBytes: number;
  /** Of all files together, so far. */
  readonly doneBytes: number;
  /** Called whenever there are more. */
  onProgress: () => void;
  /** Ends what is not done; resolves when no file is read any more. May be called twice. */
  end(): Promise<void>;
}

/** Begins to digest. Whoever begins ends: until then files are being read. */
export function beginSourceDigests(
  checkpoint: Checkpoint,
  options: Pick<DigestOptions, 'signal' | 'workers'> = {},
): SourceDigests {
  const { signal, workers } = options;
  const stop = new AbortController();
  const files = digestSources(checkpoint, {
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
    workers,
    onProgress(done) {
      digests.doneBytes = done;
      digests.onProgress();
    },
  });
  // Whoever waits sees what failed, and nobody may be waiting yet.
  files.catch(() => {});
  const digests = {
    files,
    totalBytes: checkpoint.files.reduce((sum, { source }) => sum + source.byteLength, 0),
    doneBytes: 0,
    onProgress: () => {},
    async end() {
      stop.abort();
      await Promise.allSettled([files]);
    },
  };
  return digests;
}

/**
 * The files of a checkpoint with placeholders for their digests: enough for a layout, whose size does not depend on
 * them.
 */
export function pendingSources(checkpoint: Checkpoint): SourceFile[] {
  return checkpoint.files.map((file) => sourceFile(file, PENDING_SHA256)).sort(byName);
}

function sourceFile({ name, source }: CheckpointFile, sha256: string): SourceFile {
  return { name: shortText(name), byteLength: source.byteLength, sha256 };
}

/** By code units: the same on every platform and in every locale. */
function byName(a: SourceFile, b: SourceFile): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
