/**
 * What a command writes: results to stdout, everything else to stderr. Colours only where the stream is a terminal
 * and NO_COLOR is not set; control characters of a file never reach either.
 */

import Table from 'cli-table3';
import pc from 'picocolors';

/** Colour functions for one stream. */
export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for a stream: on for a terminal (or FORCE_COLOR), off when piped or NO_COLOR is set. */
export function colorsFor(stream: NodeJS.WriteStream): Colors {
  const forced = (process.env.FORCE_COLOR ?? '') !== '' && process.env.FORCE_COLOR !== '0';
  const refused = (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
  return pc.createColors(!refused && (forced || stream.isTTY === true));
}

/** How a column is set. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A table without frames, for stdout. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: Object.fromEntries(
      ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left']
        .concat(['left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
        .map((name) => [name, '']),
    ),
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Writes all of `text` to stdout and waits until it is taken, so that a slow pipe loses nothing at exit. */
export function writeStdout(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** A JSON document to stdout, two spaces of indentation. */
export function writeJson(value: unknown): Promise<void> {
  return writeStdout(`${JSON.stringify(value, null, 2)}\n`);
}
