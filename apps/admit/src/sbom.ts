/** The work of mirust-admit sbom. */
import { basename, resolve } from 'node:path';
import type { ReportTool } from '@mirust/admission';
import { openPath } from '@mirust/checkpoint/node';
import { type ArgumentsOf, type CommandContext, formatJson, UsageError, writeStdout } from '@mirust/cli';
import { writeFileAtomic } from '@mirust/core/node';
import { describeArtifact, digestArtifact } from '@mirust/provenance';
import { modelBill } from '@mirust/provenance/sbom';
import type { SBOM } from './arguments.ts';
import { withDigester } from './with-digester.ts';

/** `mirust-admit sbom FILE [--out F]`: the same document for the same file. */
export async function billOfMaterials(
  { file, out, threads }: ArgumentsOf<typeof SBOM.positionals, typeof SBOM.options>,
  { signal }: CommandContext,
  { name, version }: ReportTool,
): Promise<void> {
  const timestamp = sourceDate();
  const tool = { name, version };
  const fileSet = await openPath(file);
  const description = await describeArtifact(fileSet, tool, { signal });
  const files = await withDigester(file, { title: 'hashing', threads, signal }, (options) =>
    digestArtifact(fileSet, options),
  );
  const bill = modelBill({ name: basename(resolve(file)), files, description, tool, timestamp });
  const text = `${formatJson(bill)}\n`;
  if (out === undefined) await writeStdout(text);
  else await writeFileAtomic(out, new TextEncoder().encode(text), { signal });
}

/** The time that reproducible builds state (https://reproducible-builds.org/docs/source-date-epoch/). */
function sourceDate(): Date | undefined {
  const seconds = process.env.SOURCE_DATE_EPOCH;
  if (seconds === undefined || seconds === '') return undefined;
  const date = new Date(/^\d{1,12}$/.test(seconds) ? Number(seconds) * 1000 : Number.NaN);
  if (Number.isNaN(date.getTime())) throw new UsageError('SOURCE_DATE_EPOCH is not a number of seconds since 1970');
  return date;
}
