/** What a thread of a digest pool is asked, and what it answers. */

/** Takes the SHA-256 of bytes in shared memory, which may have to be read there first. */
export interface DigestTask {
  /** Over a SharedArrayBuffer. */
  readonly bytes: Uint8Array;
  /** Takes a digest of each piece of so many bytes, the last one shorter; absent: one of them all. */
  readonly pieceBytes?: number;
  /** Fills `bytes` from an open file, which stays open meanwhile. Absent: the bytes are there. */
  readonly file?: { readonly descriptor: number; readonly offset: number };
  /**
   * One shared word, 0 until the thread sets it to 1, before it touches the bytes. Where it finds another value the task
   * fails: so whoever sets it from 0 to something else first has withdrawn the task, wherever it waits.
   */
  readonly claim?: Int32Array;
}

/** The digests, and where the time went. */
export interface DigestResult {
  /** 32 bytes, or as many for each piece. */
  readonly digest: Uint8Array;
  readonly readMilliseconds: number;
  readonly digestMilliseconds: number;
}
