/** The work of mirust-admit. */
import { type AdmissionReport, admit, findingOf } from '@mirust/admission';
import { openPath } from '@mirust/checkpoint/node';
import { type ArgumentsOf, type CommandContext, withProgress, writeJson, writeStdout } from '@mirust/cli';
import { isMirustError, sanitizeText } from '@mirust/core';
import type { ADMIT } from './arguments.ts';
import { exitCodeOfReports, worstVerdict } from './exit-status.ts';
import { formatReport, formatSummary } from './format-report.ts';

/** `mirust-admit FILE… [--json]`: every file is checked, also behind a bad one. */
export async function admitFiles(
  args: ArgumentsOf<typeof ADMIT.positionals, typeof ADMIT.options>,
  context: CommandContext,
): Promise<void> {
  const reports: AdmissionReport[] = [];
  for (const path of args.file) {
    const report = await admitPath(path, context);
    reports.push(report);
    if (!args.json) await writeStdout(formatReport(report));
  }
  if (args.json) await writeJson(reports.length === 1 ? reports[0] : { verdict: worstVerdict(reports), reports });
  else if (reports.length > 1) await writeStdout(formatSummary(reports));
  context.exitWith(exitCodeOfReports(reports));
}

async function admitPath(path: string, { signal }: CommandContext): Promise<AdmissionReport> {
  try {
    return await withProgress('verifying', async (onProgress) => admit(await openPath(path), { signal, onProgress }));
  } catch (error) {
    // A path that cannot be opened is a finding like any other: the remaining files are still checked.
    if (!isMirustError(error)) throw error;
    const artifact = { format: 'unknown' };
    const file = sanitizeText(path);
    return { version: 1, file, verdict: 'undetermined', findings: [findingOf(error)], artifact, checks: [] };
  }
}
