/**
 * Where bytes go. A sink takes ranges in any order (the layout is known before the first byte, so workers fill their
 * own ranges) and shows nothing until it is committed.
 */

/**
 * A writable run of bytes of a length that was announced when the sink was made. Bytes that were never written are
 * zero, as after `ftruncate`: a writer need not write its padding.
 */
export interface ByteSink {
  readonly name: string;
  readonly byteLength: number;
  /** Writes at `offset`. Throws RangeError outside the announced length, `SINK_WRITE`/`SINK_NO_SPACE` on failure. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /**
   * Fills `target` with what lies at `offset`: bytes written before, zero elsewhere. Digests and checksums of a file
   * that was written in any order are computed this way, in memory that does not grow with the file. Only before
   * `commit`; throws RangeError outside the announced length, `SINK_WRITE` on failure.
   */
  read(offset: number, target: Uint8Array): Promise<void>;
  /** Makes the result visible under its name, all at once. Harmless when called twice; throws Error after `abort`. */
  commit(): Promise<void>;
  /** Throws the result away; nothing is left behind. Harmless after `commit` and when called twice. */
  abort(): Promise<void>;
}

/** Throws RangeError unless the range lies inside the announced length of the sink. */
export function checkSinkRange(sink: ByteSink, offset: number, byteLength: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || byteLength > sink.byteLength - offset) {
    throw new RangeError(`${byteLength} bytes at ${offset} pass the announced ${sink.byteLength} bytes`);
  }
}

/** A sink into memory; `bytes()` gives the result after `commit`. Bytes never written are zero. */
export interface MemorySink extends ByteSink {
  /** The result. Throws Error before `commit` and after `abort`. */
  bytes(): Uint8Array;
}

/** Makes a {@link MemorySink} of `byteLength` bytes. */
export function memorySink(byteLength: number, name = 'memory'): MemorySink {
  const target = new Uint8Array(byteLength);
  let state: 'open' | 'committed' | 'aborted' = 'open';
  const sink: MemorySink = {
    name,
    byteLength,
    async write(offset, bytes) {
      if (state !== 'open') throw new Error(`the sink ${name} is ${state}`);
      checkSinkRange(sink, offset, bytes.byteLength);
      target.set(bytes, offset);
    },
    async read(offset, into) {
      if (state !== 'open') throw new Error(`the sink ${name} is ${state}`);
      checkSinkRange(sink, offset, into.byteLength);
      into.set(target.subarray(offset, offset + into.byteLength));
    },
    async commit() {
      if (state === 'aborted') throw new Error(`the sink ${name} is aborted`);
      state = 'committed';
    },
    async abort() {
      if (state === 'open') state = 'aborted';
    },
    bytes() {
      if (state !== 'committed') throw new Error(`the sink ${name} is not committed`);
      return target;
    },
  };
  return sink;
}
