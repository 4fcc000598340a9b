/**
 * A whole small file of a server, or an answer of its API: one GET without a range, because many servers send JSON only
 * whole or compressed.
 */
import { startIdleTimer } from './_idle-timer.ts';
import { coreError, MirustError } from './errors.ts';
import type { HttpSourceOptions } from './http-source.ts';
import { statusError } from './http-status.ts';
import { sanitizeText } from './text.ts';

/** Options of {@link fetchBytes}. */
export interface FetchBytesOptions
  extends Pick<HttpSourceOptions, 'fetch' | 'headers' | 'signal' | 'idleTimeoutMs' | 'onReceive'> {
  /** No more is read, whatever the server announces. */
  readonly maxBytes: number;
}

/**
 * The body behind an http(s) URL; undefined where it is longer than `maxBytes`. Throws `SOURCE_NOT_FOUND`, `SOURCE_READ`
 * (see `httpStatusOf`), TypeError for another URL, and the signal's reason.
 */
export async function fetchBytes(url: URL, options: FetchBytesOptions): Promise<Uint8Array | undefined> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`not an http(s) URL: ${sanitizeText(url.protocol)}`);
  }
  const name = sanitizeText(url.origin + url.pathname);
  const { headers = {}, signal, maxBytes, onReceive } = options;
  const { fetch: send = fetch } = options;
  signal?.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  const timer = startIdleTimer(options.idleTimeoutMs, name, controller);
  try {
    const answer = await send(url, { headers, signal: controller.signal });
    if (answer.status !== 200) throw statusError(answer.status, name, { expected: 200 });
    const pieces: Uint8Array[] = [];
    let byteLength = 0;
    const reader = answer.body?.getReader();
    for (;;) {
      timer.restart();
      const { value } = (await reader?.read()) ?? {};
      if (value === undefined) return join(pieces, byteLength);
      onReceive?.(value.byteLength);
      pieces.push(value);
      byteLength += value.byteLength;
      if (byteLength > maxBytes) {
        controller.abort();
        return undefined;
      }
    }
  } catch (error) {
    controller.signal.throwIfAborted();
    controller.abort();
    if (error instanceof MirustError) throw error;
    throw coreError('SOURCE_READ', `the request to ${name} failed`, { cause: error });
  } finally {
    timer.stop();
    signal?.removeEventListener('abort', onAbort);
  }
}

function join(pieces: readonly Uint8Array[], byteLength: number): Uint8Array {
  const whole = new Uint8Array(byteLength);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
