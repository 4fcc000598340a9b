/** Files of one folder on a server, whatever the addresses are made of. */
import {
  type ByteSource,
  fetchBytes,
  httpSource,
  httpStatusOf,
  isMirustError,
  memorySource,
  sanitizeText,
  sliceSource,
} from '@mirust/core';
import { MAX_SAFETENSORS_INDEX_BYTES } from '@mirust/safetensors';
import { closeAll } from './_close.ts';
import { isPlainName } from './_names.ts';
import { checkpointError } from './errors.ts';
import { missingFile } from './file-set.ts';
import type { HttpFiles, HttpFilesOptions } from './http-files.ts';
import { MAX_TOKENIZER_BYTES } from './tokenizers.ts';

/** A request is given up after so long a silence unless told otherwise: busy servers take some seconds. */
export const DEFAULT_IDLE_TIMEOUT_MS = 30_000;

/** Bytes of the first request: the first read of the GGUF reader, and the header of most safetensors. */
const FIRST_READ_BYTES: number = 2 ** 17;

/** A folder. */
export interface RemoteFolder {
  /** For messages. */
  readonly name: string;
  readonly primary: string | undefined;
  /** Names that are known; plain ones. */
  readonly names: readonly string[];
  /** Whether there are no others. */
  readonly isListed: boolean;
  /** The address of a plain name. */
  addressOf(name: string): URL;
  /** The error that a user is shown for one of a request. Default: the same. */
  translate?(error: unknown, name: string): unknown;
}

/**
 * The files of a folder. Each is opened once, when it is first asked for, and stays so until `close`: what is read later is
 * of the version that was recognised first. JSON is fetched whole, everything else by ranges.
 */
export function remoteFiles(folder: RemoteFolder, options: HttpFilesOptions): HttpFiles {
  const { fetch: send = fetch, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = options;
  const sources = new Map<string, Promise<ByteSource>>();
  let requests = 0;
  let receivedBytes = 0;
  const request = {
    ...options,
    idleTimeoutMs,
    fetch: ((input, init) => {
      requests++;
      return send(input, init);
    }) satisfies typeof fetch,
    onReceive: (byteLength: number) => {
      receivedBytes += byteLength;
    },
  };

  /** The file as a source that stays open. */
  function opened(name: string): Promise<ByteSource> {
    const known = sources.get(name);
    if (known !== undefined) return known;
    const address = folder.addressOf(name);
    const opening = /\.json$/i.test(name)
      ? openWhole(address, name)
      : httpSource(address, { ...request, readAheadBytes: FIRST_READ_BYTES });
    sources.set(name, opening);
    // One that failed may be tried again.
    opening.catch(() => sources.delete(name));
    return opening;
  }

  async function openWhole(address: URL, name: string): Promise<ByteSource> {
    const maxBytes = /^tokenizer/i.test(name) ? MAX_TOKENIZER_BYTES : MAX_SAFETENSORS_INDEX_BYTES;
    const bytes = await fetchBytes(address, { ...request, maxBytes });
    if (bytes !== undefined) return memorySource(bytes, sanitizeText(address.origin + address.pathname));
    const file = sanitizeText(name);
    throw checkpointError('CHECKPOINT_TOO_LARGE', `${file} has more than ${maxBytes} bytes`, { file, limit: maxBytes });
  }

  const translate = (error: unknown, name: string): unknown => folder.translate?.(error, name) ?? error;

  return {
    name: folder.name,
    primary: folder.primary,
    names: folder.names,
    async has(name) {
      if (folder.names.includes(name)) return true;
      if (folder.isListed || !isPlainName(name)) return false;
      try {
        await opened(name);
        return true;
      } catch (error) {
        if (isAbsent(error)) return false;
        throw translate(error, name);
      }
    },
    async open(name) {
      if (!isPlainName(name)) throw new RangeError(`not a plain file name: ${sanitizeText(name)}`);
      if (folder.isListed && !folder.names.includes(name)) throw missingFile(name);
      const source = await opened(name).catch((error: unknown) => {
        throw translate(error, name);
      });
      const slice = sliceSource(source, 0, source.byteLength);
      return {
        ...slice,
        readInto: (offset, target, readOptions) =>
          slice.readInto(offset, target, readOptions).catch((error: unknown) => {
            throw translate(error, name);
          }),
      };
    },
    traffic: () => ({ requests, receivedBytes }),
    async close() {
      const settled = await Promise.allSettled(sources.values());
      sources.clear();
      await closeAll(settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
    },
  };
}

/**
 * Whether a neighbour that was asked for is not there. Stores of objects answer 403 for names that do not exist, so as not
 * to tell which do.
 */
function isAbsent(error: unknown): boolean {
  const status = httpStatusOf(error);
  return isMirustError(error, 'SOURCE_NOT_FOUND') || status === 401 || status === 403;
}
