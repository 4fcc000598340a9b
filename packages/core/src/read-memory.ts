/**
 * Memory for bytes that come from files.
 *
 * An allocator gives a large block whole pages and keeps 16 bytes of its own at the front. On AMD processors with fast
 * short `rep movsb` a copy from a page to 1 to 31 bytes behind the start of another takes four times as long as any other
 * (Zen 3, Linux 6.18, 1 MiB from the page cache: 1.5 GB/s there, 5.7 GB/s elsewhere). So a block begins 48 bytes later.
 */
const HEADROOM = 48;

/** Zeroed memory that reads of files fill at full speed. */
export function createReadMemory(byteLength: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(byteLength + HEADROOM), HEADROOM);
}

/** The same, shared between threads. */
export function createSharedReadMemory(byteLength: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(byteLength + HEADROOM), HEADROOM);
}
