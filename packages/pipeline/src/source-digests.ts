/** SHA-256 of every file of a source, so that an artifact says what it was made from. */
import type { Checkpoint } from '@mirust/checkpoint';
import { sha256Source, toHex } from '@mirust/integrity';
import type { SourceFile } from '@mirust/schemas';
import { PENDING_SHA256 } from '@mirust/slm';

/** The files of a checkpoint with their digests, sorted by name. Reads every byte once. */
export async function digestSources(
  checkpoint: Checkpoint,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (doneBytes: number) => void } = {},
): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  let before = 0;
  for (const { name, source } of checkpoint.files) {
    const digest = await sha256Source(source, {
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onProgress: (done) => options.onProgress?.(before + done),
    });
    before += source.byteLength;
    files.push({ name: baseName(name), byteLength: source.byteLength, sha256: toHex(digest) });
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Paths differ between machines; the same source must give the same artifact. */
function baseName(name: string): string {
  return name.split(/[\\/]/).at(-1) ?? name;
}

/**
 * The files of a checkpoint with placeholders for their digests: enough for a layout, whose size does not depend on
 * them.
 */
export function pendingSources(checkpoint: Checkpoint): SourceFile[] {
  const files = checkpoint.files.map(({ name, source }) => {
    return { name: baseName(name), byteLength: source.byteLength, sha256: PENDING_SHA256 };
  });
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}
