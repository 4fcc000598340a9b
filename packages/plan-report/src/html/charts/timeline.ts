/** What is held while a model is loaded: a stacked bar for each moment. */
import { formatBytes } from '@mirust/core';
import type { LoadMoment } from '@mirust/schemas';
import { groupByFamily } from '../../words/families.ts';
import { html, type Markup } from '../_markup.ts';
import { type Canvas, type Drawing, drawFigure } from './_draw.ts';
import { budgetLine, byteAxis, familyColor, STILL } from './_parts.ts';
import { byteScale } from './_scale.ts';

/** Bars of a timeline, in loading order. */
export function timelineChart(moments: readonly LoadMoment[], budgetBytes: number | undefined): Markup {
  if (moments.length === 0) return html``;
  const steps = moments.map(({ phase, bytes }) => `${phase} ${formatBytes(bytes)}`);
  return drawFigure({
    id: 'timeline-chart',
    title: 'Memory while loading',
    description: `A stacked bar for each moment, in order: ${steps.join(', ')}.`,
    draw: (canvas) => draw(moments, budgetBytes, canvas),
  });
}

function draw(moments: readonly LoadMoment[], budgetBytes: number | undefined, canvas: Canvas): Drawing {
  const { width, fontSize, isNarrow } = canvas;
  const peak = Math.max(...moments.map(({ bytes }) => bytes));
  // Room for the word beside the line of the budget, or for the sums above the bars.
  const most = isNarrow
    ? Math.max(peak, (budgetBytes ?? 0) * (1 + 34 / (width - 80)))
    : Math.max(peak, budgetBytes ?? 0) * 1.1;
  const scale = byteScale(most);
  const groups = moments.map(({ parts }) => new Map(groupByFamily(parts).map(({ key, bytes }) => [key, bytes])));
  // The whole list once: the families of all moments in their usual order.
  const families = groupByFamily(moments.flatMap(({ parts }) => parts));
  const series = families.map(({ key }) => ({
    type: 'bar' as const,
    stack: 'all',
    barWidth: isNarrow ? 26 : '72%',
    ...STILL,
    data: groups.map((group) => (group.get(key) ?? 0) / scale.unitBytes),
    itemStyle: { color: familyColor(key).fill },
  }));
  // A bar of nothing on top of each stack carries the sum.
  const sums = {
    type: 'bar' as const,
    stack: 'all',
    ...STILL,
    data: moments.map(() => 0),
    label: {
      // Where bars lie, the sums stand beside their names.
      show: !isNarrow,
      position: 'top' as const,
      color: 'var(--ink)',
      fontSize,
      fontWeight: 600,
      formatter: ({ dataIndex }: { dataIndex: number }) => formatBytes(moments[dataIndex]?.bytes ?? 0),
    },
    ...budgetLine(
      budgetBytes === undefined ? undefined : { value: budgetBytes / scale.unitBytes, label: 'budget' },
      isNarrow ? 'xAxis' : 'yAxis',
      // The rows go down, and the line with them: its start is above.
      isNarrow ? 'start' : 'end',
      fontSize,
    ),
  };
  const phases = {
    type: 'category' as const,
    data: moments.map(({ phase, bytes }) => (isNarrow ? `${phase}\n${formatBytes(bytes)}` : phase)),
    inverse: isNarrow,
    axisLabel: { color: 'var(--ink)', fontSize, lineHeight: 16, interval: 0 },
    axisLine: { lineStyle: { color: 'var(--line-2)' } },
    axisTick: { show: false },
  };
  const bytes = byteAxis(scale, most, fontSize, isNarrow ? 3 : 4);
  return {
    height: isNarrow ? 54 + moments.length * 44 : 300,
    option: {
      grid: isNarrow ? { left: 84, right: 4, top: 26, bottom: 28 } : { left: 72, right: 58, top: 14, bottom: 28 },
      xAxis: isNarrow ? bytes : phases,
      yAxis: isNarrow ? phases : bytes,
      series: [...series, sums],
    },
  };
}
