/** One error as the lines that a person sees: `CODE: message (at byte N)`, then the remedy. Never a stack trace. */
import { isMirustError, type MirustError, sanitizeText } from '@mirust/core';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { UsageError } from './usage-error.ts';

/** Longest message that is shown. */
const MAX_MESSAGE_CHARACTERS = 400;

/** The lines for an error, and the status to exit with. */
export interface FormattedError {
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/**
 * Formats anything thrown. A RangeError is the library's word on an argument that only it could judge (a text without a
 * token, say); any other error that nobody foresaw is a mistake of ours. Text that came from a file has been sanitised
 * where it entered; this is the last net.
 */
export function formatError(error: unknown): FormattedError {
  if (isMirustError(error)) return { lines: mirustLines(error), exitCode: exitCodeOf(error.class) };
  if (isAbort(error)) return { lines: ['interrupted'], exitCode: EXIT.interrupted };
  const message = sanitizeText(error instanceof Error ? error.message : String(error), MAX_MESSAGE_CHARACTERS);
  if (error instanceof UsageError || error instanceof RangeError) return { lines: [message], exitCode: EXIT.usage };
  return {
    lines: [`internal error: ${message}`, 'This is a mistake in MiRust; please report it with this command line.'],
    exitCode: EXIT.internal,
  };
}

function mirustLines(error: MirustError): string[] {
  const { offset, file } = error.context;
  const message = sanitizeText(error.message, MAX_MESSAGE_CHARACTERS);
  const shownFile = file === undefined ? '' : sanitizeText(file);
  const places = [
    ...(message.includes(shownFile) ? [] : [`in ${shownFile}`]),
    ...(offset === undefined ? [] : [`at byte ${offset}`]),
  ];
  return [`${error.code}: ${message}${places.length > 0 ? ` (${places.join(', ')})` : ''}`, error.remedy];
}

/** Whether an error is an abort: the platform's own, which every AbortSignal throws by default. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
