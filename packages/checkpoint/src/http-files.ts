/**
 * Files behind an http(s) URL as a file set: headers by ranges, side files whole. A server has no listing, so neighbours
 * (config.json, an index, shards, other parts) are asked for by name, when a reader wants them and never else; 404 means
 * that there is none.
 */
import { type HttpSourceOptions, sanitizeText } from '@mirust/core';
import { isPlainName } from './_names.ts';
import { remoteFiles } from './_remote-files.ts';
import type { FileSet } from './file-set.ts';

/** How requests are made. `idleTimeoutMs` is 30 seconds unless told otherwise. */
export type HttpFilesOptions = Pick<HttpSourceOptions, 'fetch' | 'headers' | 'signal' | 'idleTimeoutMs'>;

/** What was fetched so far. */
export interface HttpTraffic {
  readonly requests: number;
  /** Of bodies, as they were received. */
  readonly receivedBytes: number;
}

/** Files on a server. Sources that were opened are usable until `close`. */
export interface HttpFiles extends FileSet {
  traffic(): HttpTraffic;
  close(): Promise<void>;
}

/**
 * The files at a URL: a file with its neighbours, or a folder where the path ends with a slash. Nothing is requested yet.
 * A query belongs to the file alone: neighbours are asked for without it.
 *
 * Throws RangeError for anything but an http(s) URL, and for one with a password in it. Opening files throws
 * `SOURCE_NOT_FOUND`, `SOURCE_READ`, `SOURCE_NO_RANGES` and `CHECKPOINT_TOO_LARGE`.
 */
export function httpFiles(url: string | URL, options: HttpFilesOptions = {}): HttpFiles {
  const address = parseHttpUrl(url, 'the address');
  const folder = new URL(address);
  folder.search = '';
  folder.hash = '';
  const primary = nameOf(address);
  return remoteFiles(
    {
      name: sanitizeText(address.origin + address.pathname),
      primary,
      names: primary === undefined ? [] : [primary],
      isListed: false,
      addressOf: (name) => (name === primary ? address : new URL(encodeURIComponent(name), folder)),
    },
    options,
  );
}

/**
 * An absolute http(s) URL without credentials. RangeError otherwise, which names it by `what`: the text may hold secrets and
 * is not repeated.
 */
export function parseHttpUrl(url: string | URL, what: string): URL {
  if (!URL.canParse(url)) throw new RangeError(`${what} is not a URL`);
  const address = new URL(url);
  if (address.protocol !== 'http:' && address.protocol !== 'https:') {
    throw new RangeError(`${what} is not an http(s) URL: ${sanitizeText(address.protocol)}`);
  }
  if (address.username !== '' || address.password !== '') {
    throw new RangeError(`${what} must not carry a user or a password`);
  }
  return address;
}

/** The file's name, readable where it can be; undefined for a folder. */
function nameOf({ pathname }: URL): string | undefined {
  const segment = pathname.slice(pathname.lastIndexOf('/') + 1);
  if (segment === '') return undefined;
  try {
    const name = decodeURIComponent(segment);
    return isPlainName(name) ? name : segment;
  } catch {
    return segment;
  }
}
