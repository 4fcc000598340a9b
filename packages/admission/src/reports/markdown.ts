/** Reports as Markdown, for the summary of a job or a comment on a change. */
import { escapeMarkdown } from '@mirust/core';
import type { AdmissionFinding, AdmissionReport } from '@mirust/schemas';

/** Findings of a file that a summary shows; the artifact of the run has them all. */
const MAX_SHOWN = 20;

const MARKS = { admitted: '✅', rejected: '❌', undetermined: '❔' } as const;

/** A table of the files, and behind it what was found in them. */
export function markdownSummary(reports: readonly AdmissionReport[], tool: string): string {
  const admitted = reports.filter(({ verdict }) => verdict === 'admitted').length;
  const rows = reports.map(({ file, verdict, artifact }) => {
    const facts = [artifact.format, artifact.architecture, artifact.parameters?.toLocaleString('en-US')];
    const shown = facts.filter((fact) => fact !== undefined).join(', ');
    return `| ${escapeMarkdown(file)} | ${MARKS[verdict]} ${verdict} | ${escapeMarkdown(shown)} |`;
  });
  const details = reports.filter(({ findings }) => findings.length > 0).map(detailsOf);
  const table = ['| file | verdict | |', '|---|---|---|', ...rows].join('\n');
  return `${[`### ${tool}: ${admitted} of ${reports.length} admitted`, table, ...details].join('\n\n')}\n`;
}

function detailsOf({ file, findings }: AdmissionReport): string {
  const shown = findings.slice(0, MAX_SHOWN).map(findingLine);
  const more = findings.length - shown.length;
  const lines = [`**${escapeMarkdown(file)}**`, '', ...shown, ...(more > 0 ? [`- and ${more} more`] : [])];
  return lines.join('\n');
}

function findingLine({ rule, severity, message, offset, remedy, suppression }: AdmissionFinding): string {
  const place = offset === undefined ? '' : ` (at byte ${offset})`;
  const rest =
    suppression !== undefined
      ? `. Accepted until ${suppression.expires}: ${escapeMarkdown(suppression.reason)}`
      : remedy === undefined
        ? ''
        : `. ${escapeMarkdown(remedy)}`;
  return `- ${severity} \`${rule}\`: ${escapeMarkdown(message)}${place}${rest}`;
}
