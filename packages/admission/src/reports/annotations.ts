/**
 * Findings as workflow commands of GitHub Actions, which shows them as annotations
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
 */
import type { AdmissionReport } from '@mirust/schemas';

/** A line for each finding; what could not be decided is an error, what the policy accepts a notice. */
export function githubAnnotations(reports: readonly AdmissionReport[]): string {
  return reports
    .flatMap(({ file, findings }) =>
      findings.map(({ rule, severity, message, offset, remedy }) => {
        const command = COMMANDS[severity];
        const place = offset === undefined ? '' : ` (at byte ${offset})`;
        const text = `${message}${place}${remedy === undefined ? '' : `\n${remedy}`}`;
        return `::${command} file=${property(file)},title=${property(rule)}::${data(text)}\n`;
      }),
    )
    .join('');
}

const COMMANDS = { error: 'error', undetermined: 'error', warning: 'warning', suppressed: 'notice' } as const;

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
