/** The work of mirust-admit. */
import type { AdmissionReport, ReportTool } from '@mirust/admission';
import { type ArgumentsOf, type CommandContext, colorsFor, plainColors, writeStdout } from '@mirust/cli';
import { writeFileAtomic } from '@mirust/core/node';
import { admitAll } from './admit-all.ts';
import type { AdmissionSettings } from './admit-path.ts';
import type { ADMIT } from './arguments.ts';
import { destinationsOf } from './destinations.ts';
import { exitCodeOfReports } from './exit-status.ts';
import { formatReport } from './format-report.ts';
import { modelPaths } from './model-paths.ts';
import { loadBaseline, loadPolicy } from './policy-file.ts';
import { renderReports, summaryOf } from './render.ts';

type Arguments = ArgumentsOf<typeof ADMIT.positionals, typeof ADMIT.options>;

/**
 * `mirust-admit FILE|DIR… [--policy P] [--baseline R] [--format F] [--out F] [--report F=FILE] [--threads N] [--json]`:
 * every model is checked, also behind a bad one.
 */
export async function admitFiles(args: Arguments, context: CommandContext, tool: ReportTool): Promise<void> {
  const { isShown, documents } = destinationsOf(args);
  const colors = colorsFor(process.stdout);
  const settings = await settingsOf(args, context);
  const reports: AdmissionReport[] = [];
  for await (const report of admitAll(await modelPaths(args.file), settings, args.threads, context.signal)) {
    reports.push(report);
    if (isShown) await writeStdout(formatReport(report, colors));
  }
  if (isShown) await writeStdout(summaryOf(reports));
  for (const { format, path } of documents) {
    const text = renderReports(format, reports, tool, path === undefined ? colors : plainColors());
    if (path === undefined) await writeStdout(text);
    else await writeFileAtomic(path, new TextEncoder().encode(text), { signal: context.signal });
  }
  context.exitWith(exitCodeOfReports(reports));
}

async function settingsOf(
  { policy: policyPath, signature, baseline }: Arguments,
  context: CommandContext,
): Promise<AdmissionSettings> {
  const loaded = policyPath === undefined ? undefined : await loadPolicy(policyPath, context);
  return {
    policy: loaded?.policy,
    policyFolder: loaded?.folder ?? '.',
    signaturePath: signature,
    baseline: baseline === undefined ? new Map() : await loadBaseline(baseline, context),
    now: new Date(),
  };
}
