/** The work of mirust-admit. */
import { statSync } from 'node:fs';
import { type AdmissionReport, admit, findingOf, type ReportTool } from '@mirust/admission';
import { openPath } from '@mirust/checkpoint/node';
import { type ArgumentsOf, type CommandContext, colorsFor, plainColors, withProgress, writeStdout } from '@mirust/cli';
import { isMirustError, sanitizeText } from '@mirust/core';
import { writeFileAtomic } from '@mirust/core/node';
import type { Digester } from '@mirust/integrity';
import { defaultThreads, startWorkers } from '@mirust/pipeline';
import type { ADMIT } from './arguments.ts';
import { destinationsOf } from './destinations.ts';
import { exitCodeOfReports } from './exit-status.ts';
import { formatReport } from './format-report.ts';
import { renderReports, summaryOf } from './render.ts';

/** `mirust-admit FILE… [--format F] [--out F] [--report F=FILE] [--json]`: every file is checked, also behind a bad one. */
export async function admitFiles(
  args: ArgumentsOf<typeof ADMIT.positionals, typeof ADMIT.options>,
  context: CommandContext,
  tool: ReportTool,
): Promise<void> {
  const { isShown, documents } = destinationsOf(args);
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
  for (const { format, path } of documents) {
    const text = renderReports(format, reports, tool, path === undefined ? colors : plainColors());
    if (path === undefined) await writeStdout(text);
    else await writeFileAtomic(path, new TextEncoder().encode(text), { signal: context.signal });
  }
  context.exitWith(exitCodeOfReports(reports));
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
