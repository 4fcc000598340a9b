/** The components as one stacked bar, against the budget. */
import { formatBytes } from '@mirust/core';
import type { PlanReport } from '@mirust/schemas';
import { groupByFamily, sumBytes } from '../../words/families.ts';
import { formatShare } from '../../words/numbers.ts';
import { html, type Markup } from '../_markup.ts';
import { type Canvas, type Drawing, drawFigure } from './_draw.ts';
import { budgetLine, byteAxis, familyColor, STILL, textWidth } from './_parts.ts';
import { byteScale } from './_scale.ts';

/** The stacked bar of a report. */
export function breakdownChart(report: PlanReport): Markup {
  const families = groupByFamily(report.components);
  const total = sumBytes(report.components);
  if (total === 0) return html``;
  const shares = families.map(({ title, bytes }) => `${title} ${formatBytes(bytes)} (${formatShare(bytes, total)})`);
  return drawFigure({
    id: 'breakdown-chart',
    title: 'Memory by component',
    description: `One stacked bar of ${formatBytes(total)}: ${shares.join(', ')}.`,
    draw: (canvas) => draw(report, canvas),
  });
}

function draw({ components, budgetBytes }: PlanReport, { width, fontSize, isNarrow }: Canvas): Drawing {
  // The word above the line has to stay inside.
  const most = Math.max(sumBytes(components) * 1.02, (budgetBytes ?? 0) * (1 + 32 / width));
  const scale = byteScale(most);
  const margin = 4;
  const pixelsPerByte = most === 0 ? 0 : (width - 2 * margin) / most;
  let start = 0;
  const series = groupByFamily(components).map(({ key, title, bytes }) => {
    const { fill, ink } = familyColor(key);
    // Only what fits inside: the table below says the rest.
    const room = bytes * pixelsPerByte - 14;
    const lines = [title, formatBytes(bytes)].filter((line) => textWidth(line, fontSize) <= room);
    // The line of the budget may cross the bar: the label takes the other side.
    const isCrossedFirst = budgetBytes !== undefined && budgetBytes > start && budgetBytes < start + bytes / 2;
    start += bytes;
    return {
      type: 'bar' as const,
      stack: 'all',
      barWidth: isNarrow ? 56 : 64,
      ...STILL,
      data: [bytes / scale.unitBytes],
      itemStyle: { color: fill, borderColor: 'var(--card)', borderWidth: bytes * pixelsPerByte > 3 ? 1 : 0 },
      label: {
        show: lines.length > 0,
        position: isCrossedFirst ? ('insideRight' as const) : ('insideLeft' as const),
        distance: 8,
        align: isCrossedFirst ? ('right' as const) : ('left' as const),
        color: ink,
        fontSize,
        fontWeight: 600,
        lineHeight: 18,
        formatter: () => lines.join('\n'),
      },
    };
  });
  const budget = budgetBytes === undefined ? undefined : { value: budgetBytes / scale.unitBytes, label: 'budget' };
  const first = series[0];
  return {
    height: isNarrow ? 126 : 132,
    option: {
      grid: { left: margin, right: margin, top: 26, bottom: 28 },
      xAxis: byteAxis(scale, most, fontSize, isNarrow ? 3 : 6),
      yAxis: { type: 'category', data: [''], show: false },
      series:
        first === undefined ? [] : [{ ...first, ...budgetLine(budget, 'xAxis', 'end', fontSize) }, ...series.slice(1)],
    },
  };
}
