/** A source that watches its reader. */
import { type ByteSource, memorySource } from '@mirust/core';

/** What a reader asked for. */
export interface WatchedSource extends ByteSource {
  readonly requests: readonly { readonly offset: number; readonly byteLength: number }[];
  /** Sum of all requests. */
  requestedBytes(): number;
}

/** A source over bytes that throws a plain Error, which no reader may provoke, on a request beyond its end. */
export function watchedSource(bytes: Uint8Array): WatchedSource {
  const inner = memorySource(bytes, 'watched');
  const requests: { offset: number; byteLength: number }[] = [];
  return {
    name: inner.name,
    byteLength: inner.byteLength,
    requests,
    requestedBytes: () => requests.reduce((sum, { byteLength }) => sum + byteLength, 0),
    async readInto(offset, target, options) {
      if (offset < 0 || target.byteLength > bytes.byteLength - offset) {
        throw new Error(`asked for ${target.byteLength} bytes at ${offset} of ${bytes.byteLength}`);
      }
      requests.push({ offset, byteLength: target.byteLength });
      await inner.readInto(offset, target, options);
    },
    close: inner.close,
  };
}
