/**
 * Results to stdout. Everything is written through here: writes wait until the text is taken, so that a slow pipe loses
 * nothing at exit; a reader that closed the pipe (`| head`) is no error; a full disk is one.
 */
import { coreError, type MirustError } from '@mirust/core';

/**
 * Writes `text` to stdout and waits until it is taken. False where nobody reads any more: whoever writes an endless text
 * stops then, and whoever has work left still does it. Throws `SINK_NO_SPACE` and `SINK_WRITE`.
 */
export function writeStdout(text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error) resolve(true);
      else if (isClosedPipe(error)) resolve(false);
      else reject(outputFailure(error));
    });
  });
}

/** Keeps stream errors from ending the process: `writeStdout` reports them, and stderr has nobody to report to. */
export function silenceStreamErrors(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners('error').includes(ignoreError)) stream.on('error', ignoreError);
  }
}

function ignoreError(): void {}

function isClosedPipe(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
}

function outputFailure(error: NodeJS.ErrnoException): MirustError {
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  const message = full ? 'no space is left for standard output' : 'standard output could not be written';
  return coreError(full ? 'SINK_NO_SPACE' : 'SINK_WRITE', `${message} (${error.code ?? error.message})`, {
    cause: error,
    ...(full ? { remedy: 'Free some space, or write to another disk.' } : {}),
  });
}

/** A JSON document to stdout: see {@link formatJson}. */
export function writeJson(value: unknown): Promise<boolean> {
  return writeStdout(`${formatJson(value)}\n`);
}

/**
 * JSON with two spaces of indentation. Invisible characters of a file's own text (terminal controls,
 * bidirectional marks) are written as JSON escapes, which loses nothing.
 */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, escapeUnits);
}

function escapeUnits(character: string): string {
  const units = character.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  return units.map((unit) => `\\u${unit}`).join('');
}

/**
 * Text of a model for a terminal: controls that could move the cursor or reorder the line become visible escapes; line
 * breaks and tabs stay, and so does what only joins letters or emoji. For pipes and files text is left as it is.
 */
export function terminalText(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u{${character.charCodeAt(0).toString(16)}}`;
  });
}
