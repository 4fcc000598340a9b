/** The work of mirust-admit. */
import { statSync } from 'node:fs';
import { type AdmissionReport, admit, findingOf, type ReportTool } from '@mirust/admission';
import { openPath } from '@mirust/checkpoint/node';
import {
  type ArgumentsOf,
  type CommandContext,
  colorsFor,
  plainColors,
  UsageError,
  withProgress,
  writeStdout,
} from '@mirust/cli';
import { isMirustError, sanitizeText } from '@mirust/core';
import { writeFileAtomic } from '@mirust/core/node';
import type { Digester } from '@mirust/integrity';
import { defaultThreads, startWorkers } from '@mirust/pipeline';
import type { ADMIT } from './arguments.ts';
import { exitCodeOfReports } from './exit-status.ts';
import { formatReport } from './format-report.ts';
import { type ReportFormat, renderReports, summaryOf } from './render.ts';

/** `mirust-admit FILE… [--format F] [--out F] [--json]`: every file is checked, also behind a bad one. */
export async function admitFiles(
  args: ArgumentsOf<typeof ADMIT.positionals, typeof ADMIT.options>,
  context: CommandContext,
  tool: ReportTool,
): Promise<void> {
  const { out } = args;
  const format = formatOf(args);
  // A person reads along while a file is written for a machine.
  const isShown = format === 'text' || out !== undefined;
  const colors = colorsFor(process.stdout);
  const reports: AdmissionReport[] = [];
  const workers = startWorkers(args.threads ?? defaultThreads(Math.max(...args.file.map(fileBytes))));
  try {
    const digester = (await workers?.started) === true ? workers?.digester : undefined;
    for (const path of args.file) {
      const report = await admitPath(path, digester, context);
      reports.push(report);
      if (isShown) await writeStdout(formatReport(report, colors));
    }
  } finally {
    await workers?.close();
  }
  if (isShown) await writeStdout(summaryOf(reports));
  if (out !== undefined) {
    const text = renderReports(format, reports, tool, plainColors());
    await writeFileAtomic(out, new TextEncoder().encode(text), { signal: context.signal });
  } else if (!isShown) {
    await writeStdout(renderReports(format, reports, tool, colors));
  }
  context.exitWith(exitCodeOfReports(reports));
}

function formatOf({
  json,
  format,
}: {
  readonly json: boolean;
  readonly format?: ReportFormat | undefined;
}): ReportFormat {
  if (!json) return format ?? 'text';
  if (format === undefined || format === 'json') return 'json';
  throw new UsageError(`--json and --format ${format} exclude each other`);
}

/** Bytes of a file; 0 for what is none or cannot be looked at, of which its own check will say more. */
function fileBytes(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

async function admitPath(
  path: string,
  digester: Digester | undefined,
  { signal }: CommandContext,
): Promise<AdmissionReport> {
  try {
    return await withProgress('verifying', async (onProgress) =>
      admit(await openPath(path), { signal, digester, onProgress }),
    );
  } catch (error) {
    // A path that cannot be opened is a finding like any other: the remaining files are still checked.
    if (!isMirustError(error)) throw error;
    const artifact = { format: 'unknown' };
    const file = sanitizeText(path);
    return { version: 1, file, verdict: 'undetermined', findings: [findingOf(error)], artifact, checks: [] };
  }
}
