#!/usr/bin/env node
/** mirust-admit: the gate. Exit status 0 only when every file is admitted. */
import { readFileSync } from 'node:fs';
import { type AdmissionReport, admit, findingOf } from '@mirust/admission';
import { openPath } from '@mirust/checkpoint/node';
import { type CommandContext, createProgress, EXIT, runCommand, writeJson, writeStdout } from '@mirust/cli';
import { isMirustError, sanitizeText } from '@mirust/core';
import type { Argv, CommandModule } from 'yargs';
import { exitCodeOfReports, worstVerdict } from './exit-status.ts';
import { formatReport } from './format-report.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

interface AdmitArguments {
  readonly file: readonly string[];
  readonly json: boolean;
}

function admitCommand(context: CommandContext): CommandModule<object, AdmitArguments> {
  return {
    command: '$0 <file..>',
    describe: 'check model files',
    builder: (parser) =>
      parser
        .positional('file', { type: 'string', array: true, demandOption: true, describe: 'model files or directories' })
        .option('json', {
          type: 'boolean',
          default: false,
          describe: 'print the report as JSON: one object for one file, {"verdict", "reports"} for several',
        }) as unknown as Argv<AdmitArguments>,
    handler: (args) => run(args, context),
  };
}

async function run(args: AdmitArguments, context: CommandContext): Promise<void> {
  const reports: AdmissionReport[] = [];
  for (const path of args.file) {
    const report = await admitPath(path, context);
    reports.push(report);
    if (!args.json) await writeStdout(formatReport(report));
  }
  if (args.json) {
    await writeJson(reports.length === 1 ? reports[0] : { verdict: worstVerdict(reports), reports });
  }
  context.exitWith(exitCodeOfReports(reports));
}

async function admitPath(path: string, context: CommandContext): Promise<AdmissionReport> {
  const progress = createProgress('verifying');
  try {
    return await admit(await openPath(path), { signal: context.signal, onProgress: progress.update });
  } catch (error) {
    // A path that cannot be opened is a finding like any other: the remaining files are still checked.
    if (!isMirustError(error)) throw error;
    const artifact = { format: 'unknown' };
    const file = sanitizeText(path);
    return { version: 1, file, verdict: 'undetermined', findings: [findingOf(error)], artifact, checks: [] };
  } finally {
    progress.stop();
  }
}

await runCommand({
  name: 'mirust-admit',
  version,
  configure: (parser, context) =>
    parser
      .command(admitCommand(context))
      .example('$0 model.slm', 'exit status 0 only when admitted')
      .example('$0 models/*.gguf --json', 'all reports as JSON')
      .epilogue(
        `Exit status 4: undetermined. A rejected file exits with the class of its first error: ${EXIT.structure} structure, …`,
      ),
});
