/** What a thread of a digest pool is asked, and what it answers. */

/** Takes the SHA-256 of bytes in shared memory, which may have to be read there first. */
export interface DigestTask {
  /** Over a SharedArrayBuffer. */
  readonly bytes: Uint8Array;
  /** Fills `bytes` from an open file, which stays open meanwhile. Absent: the bytes are there. */
  readonly file?: { readonly descriptor: number; readonly offset: number };
}

/** The digest, and where the time went. */
export interface DigestResult {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  readonly readMilliseconds: number;
  readonly digestMilliseconds: number;
}
