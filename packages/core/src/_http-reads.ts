/** Reads that wait for an answer: which of them share a request, and how a body is dealt out to them. */
import { coreError } from './errors.ts';

/** One read that waits for its bytes. */
export interface PendingRead {
  /** Absolute offset of `target`'s first byte. */
  readonly offset: number;
  readonly target: Uint8Array;
  /** False once the caller has its answer: `target` is the caller's again then and must not be written to. */
  live: boolean;
  /** Gives the caller its answer: all bytes are there, or an error. Does nothing the second time. */
  finish(failure?: { readonly error: unknown }): void;
  /** Called after a caller has given up waiting. */
  onAbandon?: () => void;
}

/** Reads that one request serves, in order of their offsets. */
export interface ReadGroup {
  readonly offset: number;
  byteLength: number;
  readonly reads: PendingRead[];
}

/** Puts reads together whose gap is at most `gapBytes`, as long as the request stays within `maxBytes`. */
export function groupReads(reads: readonly PendingRead[], gapBytes: number, maxBytes: number): ReadGroup[] {
  const groups: ReadGroup[] = [];
  let group: ReadGroup | undefined;
  for (const read of [...reads].sort((a, b) => a.offset - b.offset)) {
    const end = read.offset + read.target.byteLength;
    if (group !== undefined && read.offset - (group.offset + group.byteLength) <= gapBytes) {
      const merged = Math.max(group.byteLength, end - group.offset);
      if (merged <= maxBytes) {
        group.byteLength = merged;
        group.reads.push(read);
        continue;
      }
    }
    group = { offset: read.offset, byteLength: read.target.byteLength, reads: [read] };
    groups.push(group);
  }
  return groups;
}

/**
 * Deals the body of an answer, which holds `byteLength` bytes from `offset` on, out to `reads` (in order of their
 * offsets). Bytes beyond the range are never waited for. `onReceive` is told of every piece that arrives. Throws
 * `SOURCE_READ` where the body ends early.
 */
export async function dealOut(
  answer: Response,
  name: string,
  offset: number,
  byteLength: number,
  reads: readonly PendingRead[],
  onReceive: (byteLength: number) => void,
): Promise<void> {
  const end = offset + byteLength;
  let position = offset;
  let firstOpen = 0;
  const reader = answer.body?.getReader();
  while (position < end) {
    const chunk = await reader?.read();
    if (chunk?.value === undefined) {
      throw coreError('SOURCE_READ', `${name} sent ${position - offset} of ${byteLength} bytes`, {
        offset: position,
        expected: byteLength,
        actual: position - offset,
      });
    }
    onReceive(chunk.value.byteLength);
    const bytes = chunk.value.subarray(0, end - position);
    for (let index = firstOpen; index < reads.length; index++) {
      const read = reads[index] as PendingRead;
      if (read.offset >= position + bytes.byteLength) break;
      copyOverlap(bytes, position, read);
      if (index === firstOpen && !read.live) firstOpen++;
    }
    position += bytes.byteLength;
  }
  // Announced length: the end comes by itself and frees the connection. Otherwise the body may never end.
  if (answer.headers.has('content-length')) reader?.read().catch(() => {});
  else reader?.cancel().catch(() => {});
}

function copyOverlap(bytes: Uint8Array, position: number, read: PendingRead): void {
  if (!read.live) return;
  const readEnd = read.offset + read.target.byteLength;
  const from = Math.max(position, read.offset);
  const to = Math.min(position + bytes.byteLength, readEnd);
  if (from < to) read.target.set(bytes.subarray(from - position, to - position), from - read.offset);
  if (to === readEnd) read.finish();
}
