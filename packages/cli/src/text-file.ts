/** Text files of the user: regular files, pipes (`<(...)`), `-` for standard input. */
import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { coreError, decodeUtf8, formatBytes, sanitizeText } from '@mirust/core';
import { UsageError } from './usage-error.ts';

/** Token ids of a text take many times its bytes in memory; no evaluation text is as large as this. */
const MAX_TEXT_BYTES: number = 256 * 2 ** 20;

const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist'],
  ['EISDIR', 'is a directory, not a text'],
  ['EACCES', 'may not be read: permission denied'],
]);

/**
 * All of a UTF-8 text. Throws `SOURCE_NOT_FOUND`, `SOURCE_READ`, `INVALID_UTF8`, UsageError above the limit, and the
 * signal's reason.
 */
export async function readTextFile(path: string, { signal }: { readonly signal: AbortSignal }): Promise<string> {
  const name = path === '-' ? 'standard input' : sanitizeText(path);
  const stream: Readable = path === '-' ? process.stdin : createReadStream(path);
  const parts: Uint8Array[] = [];
  let byteLength = 0;
  try {
    for await (const part of addAbortSignal(signal, stream) as AsyncIterable<Uint8Array>) {
      byteLength += part.byteLength;
      if (byteLength > MAX_TEXT_BYTES) {
        throw new UsageError(`${name} is too long: texts up to ${formatBytes(MAX_TEXT_BYTES)} are read`);
      }
      parts.push(part);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw readFailure(error, name);
  }
  return decodeText(Buffer.concat(parts), name);
}

function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return decodeUtf8(bytes, name);
  } catch (cause) {
    throw coreError('INVALID_UTF8', `${name} is not valid UTF-8`, { cause, remedy: 'Convert the text to UTF-8.' });
  }
}

function readFailure(error: unknown, name: string): unknown {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return error;
  const code = String(error.code);
  const problem = PROBLEMS.get(code) ?? `cannot be read (${code})`;
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return coreError(missing ? 'SOURCE_NOT_FOUND' : 'SOURCE_READ', `${name} ${problem}`, {
    cause: error,
    ...(code === 'EISDIR' ? { remedy: 'Name a text file.' } : {}),
  });
}
