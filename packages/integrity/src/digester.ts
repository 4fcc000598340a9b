/** SHA-256 on whatever threads there are. */
import { createReadMemory } from '@mirust/core';
import { createSha256, sha256 } from '#platform';

/** A range of an open file, for threads that read it themselves. */
export interface FileRange {
  readonly descriptor: number;
  readonly offset: number;
  readonly byteLength: number;
}

/** A SHA-256 of bytes that come in pieces. Calls may overlap; the pieces count in the order of the calls. */
export interface DigestStream {
  /** Appends bytes, which must not change until the promise is settled. */
  update(bytes: Uint8Array): Promise<void>;
  /** Appends a range of a file, which a thread reads; absent where no thread does. */
  updateFromFile?(range: FileRange): Promise<void>;
  /** The digest, 32 bytes; once, and nothing is appended behind it. */
  digest(): Promise<Uint8Array>;
}

/** Takes digests. */
export interface Digester {
  /** Pieces that are to be under way at the same time so that it never waits. */
  readonly ahead: number;
  /** Streams that it gets on with at the same time. */
  readonly streams: number;
  /** Memory whose bytes it sees where they are. */
  allocate(byteLength: number): Uint8Array;
  /** Of bytes in one piece, which must not change until the promise is settled. */
  sha256(bytes: Uint8Array): Promise<Uint8Array>;
  stream(): DigestStream;
}

/** The caller's own thread: one piece is hashed while the next one is read. */
export const callerDigester: Digester = {
  ahead: 2,
  streams: 1,
  allocate: createReadMemory,
  sha256,
  stream() {
    const hash = createSha256();
    return {
      update: async (bytes) => hash.update(bytes),
      digest: async () => hash.digest(),
    };
  },
};
