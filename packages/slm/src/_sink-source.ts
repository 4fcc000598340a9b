/** A sink as a source, so that a writer checks and digests its own output by the reader's code. */
import type { ByteSink, ByteSource } from '@mirust/core';

/** Reads what was written to a sink that is not committed yet. */
export function sinkSource(sink: ByteSink): ByteSource {
  return {
    name: sink.name,
    byteLength: sink.byteLength,
    async readInto(offset, target, options) {
      options?.signal?.throwIfAborted();
      await sink.read(offset, target);
    },
    async close() {},
  };
}
