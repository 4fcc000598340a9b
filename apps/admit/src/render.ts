/** Reports in every format that the command writes. */
import {
  type AdmissionReport,
  githubAnnotations,
  junitXml,
  markdownSummary,
  type ReportTool,
  sarifLog,
} from '@mirust/admission';
import { type Colors, formatJson } from '@mirust/cli';
import type { ADMIT } from './arguments.ts';
import { worstVerdict } from './exit-status.ts';
import { formatReport, formatSummary } from './format-report.ts';

/** A format of reports. */
export type ReportFormat = (typeof ADMIT)['options']['format']['choices'][number];

/** The document of all reports, in the order of the files. `colors`: of text. */
export function renderReports(
  format: ReportFormat,
  reports: readonly AdmissionReport[],
  tool: ReportTool,
  colors: Colors,
): string {
  switch (format) {
    case 'text':
      return `${reports.map((report) => formatReport(report, colors)).join('')}${summaryOf(reports)}`;
    case 'json':
      return `${formatJson(reports.length === 1 ? reports[0] : { verdict: worstVerdict(reports), reports })}\n`;
    case 'sarif':
      return `${formatJson(sarifLog(reports, tool))}\n`;
    case 'junit':
      return junitXml(reports, tool.name);
    case 'markdown':
      return markdownSummary(reports, tool.name);
    case 'github':
      return githubAnnotations(reports);
  }
}

/** A line about several files; nothing for one. */
export function summaryOf(reports: readonly AdmissionReport[]): string {
  return reports.length > 1 ? formatSummary(reports) : '';
}
