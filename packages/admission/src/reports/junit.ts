/** Reports as JUnit XML, as most CI systems show it: a suite for each file, a case for each check. */
import type { AdmissionFinding, AdmissionReport } from '@mirust/schemas';
import XmlBuilder from 'fast-xml-builder';
import { isSevere } from '../verdict.ts';

/** Attributes start with this in the builder's tree. */
const AT = '@';

/** An XML document. What could not be decided is an error, what is wrong a failure; warnings are the output of a suite. */
export function junitXml(reports: readonly AdmissionReport[], tool: string): string {
  const suites = reports.map(suiteOf);
  const total = (key: 'tests' | 'failures' | 'errors' | 'skipped'): number =>
    suites.reduce((sum, suite) => sum + suite[`${AT}${key}`], 0);
  const builder = new XmlBuilder({ ignoreAttributes: false, attributeNamePrefix: AT, format: true, indentBy: '  ' });
  return builder.build({
    '?xml': { [`${AT}version`]: '1.0', [`${AT}encoding`]: 'UTF-8' },
    testsuites: {
      [`${AT}name`]: tool,
      [`${AT}tests`]: total('tests'),
      [`${AT}failures`]: total('failures'),
      [`${AT}errors`]: total('errors'),
      testsuite: suites,
    },
  });
}

interface Suite {
  readonly '@name': string;
  readonly '@tests': number;
  readonly '@failures': number;
  readonly '@errors': number;
  readonly '@skipped': number;
  readonly testcase: readonly object[];
  readonly 'system-out'?: string;
}

function suiteOf({ file, checks = [], findings }: AdmissionReport): Suite {
  const severe = findings.filter(isSevere);
  const warnings = findings.filter((finding) => !isSevere(finding));
  // A file that could not even be opened has no checks, and is a case all the same.
  const named = checks.length > 0 ? checks : [{ name: 'open', outcome: 'failed' as const }];
  const firstFailed = named.find(({ outcome }) => outcome === 'failed')?.name;
  const own = new Set(named.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name));
  let failures = 0;
  let errors = 0;
  const cases = named.map(({ name, outcome }) => {
    const head = { [`${AT}classname`]: file, [`${AT}name`]: name };
    if (outcome === 'skipped') return { ...head, skipped: '' };
    if (outcome === 'passed') return head;
    // A class that is no check, input/output say, belongs to the check that it ended.
    const found = severe.filter(({ class: kind }) => kind === name || (name === firstFailed && !own.has(kind)));
    const isOpen = found.length > 0 && found.every(({ severity }) => severity === 'undetermined');
    if (isOpen) errors++;
    else failures++;
    const [first] = found;
    const body = {
      [`${AT}message`]: first?.message ?? 'failed',
      [`${AT}type`]: first?.rule ?? name,
      '#text': lines(found),
    };
    return { ...head, [isOpen ? 'error' : 'failure']: body };
  });
  return {
    '@name': file,
    '@tests': cases.length,
    '@failures': failures,
    '@errors': errors,
    '@skipped': named.filter(({ outcome }) => outcome === 'skipped').length,
    testcase: cases,
    ...(warnings.length > 0 ? { 'system-out': lines(warnings) } : {}),
  };
}

function lines(findings: readonly AdmissionFinding[]): string {
  return findings
    .map(({ rule, message, offset, remedy }) => {
      const place = offset === undefined ? '' : ` (at byte ${offset})`;
      return `${rule}: ${message}${place}${remedy === undefined ? '' : `\n  ${remedy}`}`;
    })
    .join('\n');
}
