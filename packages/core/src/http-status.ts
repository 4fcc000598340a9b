/** What the status of an answer means for whoever wanted a file. */
import { coreError, type ErrorContext, isMirustError, type MirustError } from './errors.ts';

/** The `key` of errors whose `actual` is a status. */
const STATUS_KEY = 'HTTP status';

/** The error of an answer that brings no file: `SOURCE_NOT_FOUND` for 404 and 410, else `SOURCE_READ`. */
export function statusError(status: number, name: string, context: ErrorContext = {}): MirustError {
  const common = { ...context, key: STATUS_KEY, actual: status };
  if (status === 404 || status === 410) {
    return coreError('SOURCE_NOT_FOUND', `${name} does not exist (HTTP ${status})`, {
      ...common,
      remedy: 'Check the URL.',
    });
  }
  return coreError('SOURCE_READ', `${name} answers HTTP ${status}`, { ...common, ...statusRemedy(status) });
}

function statusRemedy(status: number): ErrorContext {
  if (status === 401 || status === 403) {
    return { remedy: 'Ask for access to the file, or for a new link where a signed one has expired.' };
  }
  if (status === 429) return { remedy: 'The server limits requests: wait, then try again.' };
  return status >= 500 ? { remedy: 'The server has trouble of its own: try again later.' } : {};
}

/** The status that an error is about; undefined for errors about anything else. */
export function httpStatusOf(error: unknown): number | undefined {
  if (!isMirustError(error) || error.context.key !== STATUS_KEY) return undefined;
  return Number(error.context.actual);
}
