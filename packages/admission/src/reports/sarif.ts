/**
 * Reports as SARIF 2.1.0 (OASIS standard, https://docs.oasis-open.org/sarif/sarif/v2.1.0/), which code scanning and
 * editors read.
 */
import type { AdmissionFinding, AdmissionReport } from '@mirust/schemas';
import type { Log, ReportingDescriptor, Result, Suppression } from 'sarif';

/** The tool that made a report. */
export interface ReportTool {
  readonly name: string;
  readonly version: string;
}

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** A SARIF log of one run over some files. Findings that could not be decided are errors here: they do not pass. */
export function sarifLog(reports: readonly AdmissionReport[], { name, version }: ReportTool): Log {
  const rules = new Map<string, ReportingDescriptor>();
  const results = reports.flatMap(({ file, findings }) =>
    findings.map((finding): Result => {
      // A rule that has no identity goes by its code.
      if (!rules.has(finding.rule)) rules.set(finding.rule, descriptorOf(finding));
      return resultOf(file, finding, [...rules.keys()].indexOf(finding.rule));
    }),
  );
  const driver = { name, semanticVersion: version, rules: [...rules.values()] };
  return { $schema: SCHEMA, version: '2.1.0', runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results }] };
}

function descriptorOf({ id, rule, class: kind, remedy }: AdmissionFinding): ReportingDescriptor {
  return {
    id: id ?? rule,
    name: rule,
    properties: { class: kind },
    ...(remedy === undefined ? {} : { help: { text: remedy } }),
  };
}

function resultOf(file: string, finding: AdmissionFinding, ruleIndex: number): Result {
  const { id, rule, message, offset, tensor, suppression } = finding;
  const severity = suppression?.severity ?? finding.severity;
  return {
    ruleId: id ?? rule,
    ruleIndex,
    level: severity === 'warning' ? 'warning' : 'error',
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: fileUri(file) },
          ...(offset === undefined ? {} : { region: { byteOffset: offset } }),
        },
        ...(tensor === undefined ? {} : { logicalLocations: [{ name: tensor, kind: 'tensor' }] }),
      },
    ],
    ...(suppression === undefined ? {} : { suppressions: [suppressionOf(suppression)] }),
    properties: { severity },
  };
}

function suppressionOf({ reason, expires }: NonNullable<AdmissionFinding['suppression']>): Suppression {
  return { kind: 'external', status: 'accepted', justification: `${reason} (until ${expires})` };
}

/** A path as a URI: relative where it is, so that it is found beside the sources of a repository. */
function fileUri(path: string): string {
  const parts = path.replaceAll('\\', '/').split('/');
  const encoded = parts.map(encodeURIComponent).join('/');
  if (path.startsWith('/')) return `file://${encoded}`;
  // A drive letter.
  return /^[A-Za-z]%3A\//.test(encoded) ? `file:///${encoded.replace('%3A', ':')}` : encoded;
}
