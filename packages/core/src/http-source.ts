/**
 * A source over a server that answers byte ranges (RFC 9110, §14).
 *
 * - One ranged GET opens the source: unlike HEAD it also proves that ranges work, brings the first bytes of the file,
 *   and is answered where a signed URL allows nothing but GET.
 * - Every answer must be a 206 with exactly the range that was asked for. A server that answers 200 would send the
 *   whole file for every read: refused.
 * - What the first answer says about the version (ETag or Last-Modified, length) every later one must say. It is
 *   compared here and not sent as `If-Range`, which costs another round trip per request to another origin.
 * - Reads of one microtask that lie close together become one request. Small reads one behind the other, as headers
 *   are read, are served from one window that is fetched ahead.
 * - Nothing is tried again. A read changes nothing, so the caller can.
 */
import { checkAnswer, checkOpening } from './_http-answer.ts';
import { createHttpClient } from './_http-client.ts';
import { dealOut, groupReads, type PendingRead, type ReadGroup } from './_http-reads.ts';
import { type ByteSource, checkRange } from './source.ts';
import { sanitizeText } from './text.ts';

/** Reads with at most this gap share a request: a request costs more time than these bytes on a fast line. */
export const DEFAULT_COALESCE_GAP_BYTES: number = 64 * 2 ** 10;

/** Longest request: proxies cut connections that last for minutes, and a failed request loses what it carried. */
export const DEFAULT_MAX_REQUEST_BYTES: number = 16 * 2 ** 20;

/** Bytes fetched ahead of small sequential reads: a safetensors header in one request. */
export const DEFAULT_READ_AHEAD_BYTES: number = 64 * 2 ** 10;

/** Requests under way at once; browsers open no more connections to one host either. */
export const MAX_CONCURRENT_REQUESTS = 6;

/** Options of {@link httpSource}. */
export interface HttpSourceOptions {
  /** Stands in for the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Sent with every request, e.g. `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default {@link DEFAULT_COALESCE_GAP_BYTES}. */
  readonly coalesceGapBytes?: number;
  /** A longer read is cut into requests one after the other. Default {@link DEFAULT_MAX_REQUEST_BYTES}. */
  readonly maxRequestBytes?: number;
  /** Default {@link DEFAULT_READ_AHEAD_BYTES}; 0 fetches nothing ahead. */
  readonly readAheadBytes?: number;
  /** Aborts the opening and every later read. */
  readonly signal?: AbortSignal;
  /** A request is given up after so long a silence, with `SOURCE_READ`. Default: never. */
  readonly idleTimeoutMs?: number;
  /** Is told the length of every piece of a body that arrives. */
  readonly onReceive?: (byteLength: number) => void;
}

/**
 * Opens an absolute http(s) URL. Throws TypeError for another URL, RangeError for a bad option, `SOURCE_NOT_FOUND`,
 * `SOURCE_NO_RANGES` or `SOURCE_READ`. Reads also throw `SOURCE_CHANGED` where the server's file is no longer the one
 * that was opened, and Error after `close`, which also ends the reads that are under way.
 */
export async function httpSource(url: string | URL, options: HttpSourceOptions = {}): Promise<ByteSource> {
  const address = new URL(url);
  if (address.protocol !== 'http:' && address.protocol !== 'https:') {
    throw new TypeError(`not an http(s) URL: ${sanitizeText(address.protocol)}`);
  }
  // Neither a password nor the signature in a query belongs into a message.
  const name = sanitizeText(address.origin + address.pathname);
  const gapBytes = byteOption(options.coalesceGapBytes ?? DEFAULT_COALESCE_GAP_BYTES, 0, 'coalesceGapBytes');
  const maxBytes = byteOption(options.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES, 1, 'maxRequestBytes');
  const aheadBytes = byteOption(options.readAheadBytes ?? DEFAULT_READ_AHEAD_BYTES, 0, 'readAheadBytes');

  const client = createHttpClient({
    address,
    name,
    fetch: options.fetch ?? fetch,
    headers: options.headers ?? {},
    maxConcurrentRequests: MAX_CONCURRENT_REQUESTS,
    idleTimeoutMs:
      options.idleTimeoutMs === undefined ? undefined : byteOption(options.idleTimeoutMs, 1, 'idleTimeoutMs'),
  });
  const watch = (onBytes: () => void) => (byteLength: number) => {
    onBytes();
    options.onReceive?.(byteLength);
  };
  options.signal?.throwIfAborted();
  const onAbort = (): void => client.stop(options.signal?.reason);
  options.signal?.addEventListener('abort', onAbort);

  const openingBytes = Math.max(1, Math.min(aheadBytes, maxBytes));
  const opening = client.request(0, openingBytes, new AbortController(), async (answer, onBytes) => {
    const version = checkOpening(answer, name, openingBytes);
    const bytes = new Uint8Array(Math.min(openingBytes, version.byteLength));
    await dealOut(answer, name, 0, bytes.byteLength, [aheadRead(0, bytes)], watch(onBytes));
    return { version, bytes };
  });
  const { version, bytes } = await opening.catch((error: unknown) => {
    options.signal?.removeEventListener('abort', onAbort);
    throw error;
  });

  let window = { offset: 0, bytes };
  let queue: PendingRead[] = [];

  async function serve(group: ReadGroup, controller: AbortController): Promise<void> {
    const { offset } = group;
    // Small and right behind the window: the next read will be behind this one.
    const isSequential =
      group.byteLength < aheadBytes && offset >= window.offset && offset <= window.offset + window.bytes.byteLength;
    const wanted = isSequential ? Math.min(aheadBytes, maxBytes, version.byteLength - offset) : 0;
    const byteLength = Math.max(group.byteLength, wanted);
    try {
      await client.request(offset, byteLength, controller, async (answer, onBytes) => {
        checkAnswer(answer, name, version, offset, byteLength);
        const ahead = isSequential ? new Uint8Array(byteLength) : undefined;
        const reads = ahead === undefined ? group.reads : [aheadRead(offset, ahead), ...group.reads];
        await dealOut(answer, name, offset, byteLength, reads, watch(onBytes));
        if (ahead !== undefined) window = { offset, bytes: ahead };
      });
    } catch (error) {
      for (const read of group.reads) read.finish({ error });
    }
  }

  function flush(): void {
    const reads = queue.filter((read) => read.live);
    queue = [];
    for (const group of groupReads(reads, gapBytes, maxBytes)) {
      const controller = new AbortController();
      // A request goes on for as long as anybody waits for its bytes.
      const onAbandon = (): void => {
        if (!group.reads.some((read) => read.live)) controller.abort();
      };
      for (const read of group.reads) read.onAbandon = onAbandon;
      void serve(group, controller);
    }
  }

  /** A read of at most `maxBytes` that begins at the end of this microtask. */
  function enqueue(offset: number, target: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const abandon = (): void => {
        read.finish({ error: signal?.reason });
        read.onAbandon?.();
      };
      const read: PendingRead = {
        offset,
        target,
        live: true,
        finish(failure) {
          read.live = false;
          signal?.removeEventListener('abort', abandon);
          if (failure === undefined) resolve();
          else reject(failure.error);
        },
      };
      signal?.addEventListener('abort', abandon);
      if (queue.push(read) === 1) queueMicrotask(flush);
    });
  }

  const source: ByteSource = {
    name,
    byteLength: version.byteLength,
    async readInto(offset, target, readOptions) {
      const signal = readOptions?.signal;
      signal?.throwIfAborted();
      checkRange(source, offset, target.byteLength);
      const skipped = offset - window.offset;
      if (skipped >= 0 && skipped + target.byteLength <= window.bytes.byteLength) {
        client.throwIfStopped();
        target.set(window.bytes.subarray(skipped, skipped + target.byteLength));
        return;
      }
      for (let done = 0; done < target.byteLength; done += maxBytes) {
        signal?.throwIfAborted();
        await enqueue(offset + done, target.subarray(done, done + maxBytes), signal);
      }
    },
    async close() {
      options.signal?.removeEventListener('abort', onAbort);
      client.stop(new Error(`the source ${name} is closed`));
    },
  };
  return source;
}

/** The bytes fetched ahead, as a read that nobody waits for. */
function aheadRead(offset: number, target: Uint8Array): PendingRead {
  const read: PendingRead = {
    offset,
    target,
    live: true,
    finish() {
      read.live = false;
    },
  };
  return read;
}

function byteOption(value: number, least: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be an integer of at least ${least}, got ${value}`);
  }
  return value;
}
