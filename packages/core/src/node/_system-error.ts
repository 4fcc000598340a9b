/** What the operating system says, as errors with a code, a path and a remedy. */
import { coreError, type ErrorContext } from '../errors.ts';
import { sanitizeText } from '../text.ts';

/** An error of a system call. Others (a wrong argument, an abort) are passed on as they are. */
interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

const READ_PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'may not be read: permission denied'],
  ['EPERM', 'may not be read: permission denied'],
  ['EISDIR', 'is a directory, not a file'],
  ['ELOOP', 'is a symbolic link that leads in a circle'],
]);

/** The error of a failed open or read: `SOURCE_NOT_FOUND` or `SOURCE_READ`. */
export function sourceFailure(error: unknown, path: string, context: ErrorContext = {}): unknown {
  if (!isSystemError(error)) return error;
  const name = sanitizeText(path);
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
    return coreError('SOURCE_NOT_FOUND', `${name} does not exist`, { ...context, cause: error });
  }
  const problem = READ_PROBLEMS.get(error.code) ?? `could not be read (${error.code})`;
  return coreError('SOURCE_READ', `${name} ${problem}`, { ...context, cause: error });
}

const WRITE_PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'may not be written: permission denied'],
  ['EPERM', 'may not be written: permission denied'],
  ['EROFS', 'may not be written: the disk is read-only'],
  ['ENOENT', 'cannot be written: its directory does not exist'],
  ['ENOTDIR', 'cannot be written: its directory does not exist'],
  ['EISDIR', 'is a directory'],
  ['EFBIG', 'cannot be written: this disk does not hold files of that length'],
]);

/** The error of a failed write, sync or rename: `SINK_NO_SPACE` or `SINK_WRITE`. */
export function sinkFailure(error: unknown, path: string, context: ErrorContext = {}): unknown {
  if (!isSystemError(error)) return error;
  const name = sanitizeText(path);
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return coreError('SINK_NO_SPACE', `no space is left for ${name} (${error.code})`, { ...context, cause: error });
  }
  const problem = WRITE_PROBLEMS.get(error.code) ?? `could not be written (${error.code})`;
  return coreError('SINK_WRITE', `${name} ${problem}`, { ...context, cause: error });
}
