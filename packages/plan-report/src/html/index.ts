/** @packageDocumentation A plan as a page that needs nothing else: no script, no network. */
import type { PlanReport } from '@mirust/schemas';
import { modelTitle } from '../words/facts.ts';
import { planVerdict } from '../words/verdict.ts';
import { html, type Markup, trusted } from './_markup.ts';
import { breakdown } from './sections/breakdown.ts';
import { buffers, ceilings, decode, notes, timeline } from './sections/details.ts';
import { answers, changes, tradeoffs, unknownParts } from './sections/fitting.ts';
import { summary } from './sections/summary.ts';
import { cache, weights } from './sections/weights.ts';
import { STYLE } from './style.ts';

/** How a page is headed and signed. */
export interface HtmlReportOptions {
  /** Default: `Memory of` and the model's name. */
  readonly title?: string;
  /** The tool and its version, for the foot of the page. */
  readonly generatedBy?: string;
}

/** Nothing is loaded and nothing runs, whatever a report may contain. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** The parts of the page, in order. Those that a report has nothing for are left out. */
const SECTIONS: readonly ((report: PlanReport) => Markup | undefined)[] = [
  unknownParts,
  changes,
  breakdown,
  answers,
  tradeoffs,
  timeline,
  weights,
  cache,
  buffers,
  ceilings,
  decode,
  notes,
];

/**
 * The report as one HTML document. The same report gives the same bytes. Text of the report is escaped, its invisible
 * characters are shown, and what it lists is bounded: a report need not be trusted.
 */
export function htmlReport(report: PlanReport, { title, generatedBy }: HtmlReportOptions = {}): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(CONTENT_SECURITY_POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title ?? modelTitle(report.model)}: ${planVerdict(report).headline}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
${summary(report, title)}
${SECTIONS.map((section) => section(report))}
</main>
${generatedBy !== undefined && html`<footer>Made by ${generatedBy}</footer>`}
</body>
</html>
`;
  return page.source;
}
