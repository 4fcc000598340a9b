/** Quantization against context, with what fits marked: as many contexts as a line has room for. */
import { type Colors, formatTable } from '@mirust/cli';
import { fitSign, tradeoffsView } from '@mirust/plan-report';
import type { PlanReport } from '@mirust/planner';

/** Contexts beside each other in 80 columns: `✓ 1,023.99 MiB` is 14 of them. */
const MAX_COLUMNS = 4;

/** See the module comment. With more contexts there are more tables, one under the other. */
export function tradeoffsTable(report: PlanReport, colors: Colors): string {
  if (report.tradeoffs === undefined) return '';
  const view = tradeoffsView(report.tradeoffs, report);
  const tables: string[] = [];
  for (let from = 0; from < view.contexts.length; from += MAX_COLUMNS) {
    const contexts = view.contexts.slice(from, from + MAX_COLUMNS);
    const columns = [
      { title: '' },
      { title: 'bits', align: 'right' as const },
      ...contexts.map(({ text, isAsked }) => ({ title: isAsked ? `[${text}]` : text, align: 'right' as const })),
    ];
    const rows = view.rows.map(({ quantization, bitsPerWeight, cells }) => [
      quantization,
      bitsPerWeight,
      ...cells.slice(from, from + MAX_COLUMNS).map(({ text, fits }) => {
        const cell = `${fitSign(fits)} ${text}`.trim();
        return fits === undefined ? cell : fits ? colors.green(cell) : colors.red(cell);
      }),
    ]);
    tables.push(formatTable(columns, rows));
  }
  return tables.join('\n\n');
}
