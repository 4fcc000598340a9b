/** Verdicts and texts of mirust-admit, of reports made by hand. */
import type { AdmissionFinding, AdmissionReport } from '@mirust/admission';
import { plainColors } from '@mirust/cli';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { exitCodeOfReports, worstVerdict } from '../src/exit-status.ts';
import { formatReport, formatSummary } from '../src/format-report.ts';

beforeEach(() => {
  vi.stubEnv('NO_COLOR', '1');
});

function finding(severity: AdmissionFinding['severity'], kind: AdmissionFinding['class'], rule = 'A_RULE') {
  return { rule, class: kind, severity, message: `${rule} is broken`, remedy: 'Mend it.' };
}

function report(verdict: AdmissionReport['verdict'], ...findings: AdmissionFinding[]): AdmissionReport {
  const checks = [
    { name: 'structure', outcome: 'passed' },
    { name: 'integrity', outcome: 'failed' },
    { name: 'contract', outcome: 'skipped' },
  ] as const;
  return { version: 1, file: 'a.slm', verdict, findings, artifact: { format: 'slm2' }, checks };
}

const ADMITTED = report('admitted', finding('warning', 'structure'));
const UNREADABLE = report('undetermined', finding('undetermined', 'io'));
const UNCHECKED = report('undetermined', finding('undetermined', 'resource'));

describe('the exit status', () => {
  it.each<[string, readonly AdmissionReport[], number, string]>([
    ['all are admitted', [ADMITTED, ADMITTED], 0, 'admitted'],
    ['something could not be checked', [ADMITTED, UNCHECKED], 4, 'undetermined'],
    ['something could not be read', [ADMITTED, UNREADABLE], 16, 'undetermined'],
    ['one is rejected', [UNREADABLE, report('rejected', finding('error', 'integrity'))], 11, 'rejected'],
    [
      'several are rejected: the first error of the first counts',
      [
        report(
          'rejected',
          finding('warning', 'structure'),
          finding('error', 'tokenizer'),
          finding('error', 'contract'),
        ),
        report('rejected', finding('error', 'structure')),
      ],
      13,
      'rejected',
    ],
  ])('where %s', (_name, reports, status, verdict) => {
    expect(exitCodeOfReports(reports)).toBe(status);
    expect(worstVerdict(reports)).toBe(verdict);
  });

  it('is never 0 unless the verdict is admitted', () => {
    for (const reports of [[report('rejected')], [report('undetermined')], [ADMITTED, report('undetermined')]]) {
      expect(exitCodeOfReports(reports)).not.toBe(0);
    }
  });
});

describe('the text of a report', () => {
  it('says verdict, checks, and each finding with place and remedy', () => {
    const artifact = { format: 'slm2', rootDigest: 'ab'.repeat(32), architecture: 'llama', parameters: 869_504 };
    const rejected = { ...report('rejected', { ...finding('error', 'integrity'), offset: 4096 }), artifact };
    expect(formatReport(rejected, plainColors())).toBe(
      `rejected  a.slm  (slm2, llama, 869,504 parameters)
  root digest ${'ab'.repeat(32)}
  ✓ structure
  ✗ integrity
  – contract
  error A_RULE [integrity]: A_RULE is broken (at byte 4096)
    Mend it.
`,
    );
  });

  it('shows the first findings of a rule, and how many there are', () => {
    const many = Array.from({ length: 200 }, () => finding('error', 'contract', 'MISSING'));
    const lines = formatReport(report('rejected', ...many, finding('error', 'contract', 'OTHER')), plainColors()).split(
      '\n',
    );
    expect(lines.filter((line) => line.includes('error MISSING'))).toHaveLength(4);
    expect(lines).toContain('    and 196 more of MISSING (--json lists them)');
    expect(lines.filter((line) => line.includes('Mend it.'))).toHaveLength(2);
    expect(lines).toContain('  error OTHER [contract]: OTHER is broken');
  });

  it('counts several files in a line', () => {
    expect(formatSummary([ADMITTED, UNREADABLE, ADMITTED])).toBe('3 files: 2 admitted, 1 undetermined\n');
  });
});
