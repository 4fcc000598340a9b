/** Where reports go, as the command line says it. */
import { UsageError } from '@mirust/cli';
import { ADMIT } from './arguments.ts';
import type { ReportFormat } from './render.ts';

/** A document and its place. */
export interface Destination {
  readonly format: ReportFormat;
  /** Undefined: standard output. */
  readonly path: string | undefined;
}

/** What is written of a run. */
export interface Destinations {
  /** Whether standard output has the text of every file as it is done. */
  readonly isShown: boolean;
  readonly documents: readonly Destination[];
}

interface Arguments {
  readonly json: boolean;
  readonly format?: ReportFormat | undefined;
  readonly out?: string | undefined;
  readonly report: readonly string[];
}

/** Throws UsageError for what contradicts itself, and for a `--report` that is not `FORMAT=FILE`. */
export function destinationsOf({ json, format: asked, out, report }: Arguments): Destinations {
  if (json && asked !== undefined && asked !== 'json') {
    throw new UsageError(`--json and --format ${asked} exclude each other`);
  }
  const format = json ? 'json' : (asked ?? 'text');
  const more = report.map(parseReport);
  // A person reads along while files are written for machines.
  if (out !== undefined) return { isShown: true, documents: [{ format, path: out }, ...more] };
  if (format === 'text') return { isShown: true, documents: more };
  return { isShown: false, documents: [{ format, path: undefined }, ...more] };
}

function parseReport(text: string): Destination {
  const [, name, path] = /^([a-z]+)=(.+)$/s.exec(text) ?? [];
  const format = ADMIT.options.format.choices.find((choice) => choice === name);
  if (format === undefined || path === undefined) {
    const formats = ADMIT.options.format.choices.join(', ');
    throw new UsageError(`--report ${text} is not FORMAT=FILE, with one of the formats ${formats}`);
  }
  return { format, path: path === '-' ? undefined : path };
}
