/** SHA-256 of every file of a source, so that an artifact says what it was made from. */
import type { Checkpoint, CheckpointFile } from '@mirust/checkpoint';
import { sha256Source, toHex } from '@mirust/integrity';
import type { SourceFile } from '@mirust/schemas';
import { PENDING_SHA256 } from '@mirust/slm';
import { shortText } from './_short-text.ts';

/** Options of {@link digestSources}. */
export interface DigestOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number) => void;
}

/** The files of a checkpoint with their digests, sorted by name. Reads every byte once. */
export async function digestSources(checkpoint: Checkpoint, options: DigestOptions = {}): Promise<SourceFile[]> {
  const { signal, onProgress } = options;
  const files: SourceFile[] = [];
  let before = 0;
  for (const file of checkpoint.files) {
    const start = before;
    const digest = await sha256Source(file.source, {
      ...(signal === undefined ? {} : { signal }),
      onProgress: (done) => onProgress?.(start + done),
    });
    before += file.source.byteLength;
    files.push(sourceFile(file, toHex(digest)));
  }
  return files.sort(byName);
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
