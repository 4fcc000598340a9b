/** Working buffers: when each is needed, and where it lies. Bars over the same bytes take turns in them. */
import { formatBytes, sanitizeText } from '@mirust/core';
import type { BufferPlan } from '@mirust/schemas';
import type { BarSeriesOption } from 'echarts/charts';
import { formatCount, plural } from '../../words/numbers.ts';
import { html, type Markup } from '../_markup.ts';
import { type Canvas, type Drawing, drawFigure } from './_draw.ts';
import { byteAxis, drawnText, familyColor, STILL } from './_parts.ts';
import { byteScale } from './_scale.ts';

const ROW_HEIGHT = 22;

/** Two charts over the same rows: steps of the program, bytes of the tape. */
export function buffersChart(buffers: readonly BufferPlan[]): Markup {
  if (buffers.length === 0) return html``;
  const rows = buffers.map(({ name, bytes, firstStep, lastStep }) => {
    return `${sanitizeText(name)} ${formatBytes(bytes)}, steps ${firstStep} to ${lastStep}`;
  });
  return drawFigure({
    id: 'buffers-chart',
    title: 'Working buffers: lifetimes and places',
    description: `${plural(buffers.length, 'buffer')}: ${rows.join('; ')}.`,
    draw: (canvas) => draw(buffers, canvas),
  });
}

function draw(buffers: readonly BufferPlan[], { width, fontSize, isNarrow }: Canvas): Drawing {
  const rowsHeight = buffers.length * ROW_HEIGHT;
  const nameWidth = isNarrow ? 132 : 138;
  const names = buffers.map(({ name }) => drawnText(sanitizeText(name), nameWidth, fontSize));
  const [gap, top, foot] = [isNarrow ? 34 : 24, 26, 28];
  const chartWidth = isNarrow ? width - nameWidth - 6 : (width - nameWidth - gap - 6) / 2;
  const steps = { left: nameWidth, top, width: chartWidth, height: rowsHeight };
  const places = isNarrow
    ? { left: nameWidth, top: top + rowsHeight + foot + gap, width: chartWidth, height: rowsHeight }
    : { left: nameWidth + chartWidth + gap, top, width: chartWidth, height: rowsHeight };
  const lastStep = Math.max(0, ...buffers.map(({ firstStep, lastStep: last }) => Math.max(firstStep, last)));
  const tapeBytes = Math.max(0, ...buffers.map(({ offset, bytes }) => offset + bytes));
  const scale = byteScale(tapeBytes);
  // Step -1, before the first, is at the zero of the axis; step 0 at its 1.
  const between = roundStep((lastStep + 2) / 4);
  const ticks = Array.from({ length: Math.floor(lastStep / between) + 1 }, (_, index) => index * between + 1);
  const rows = (gridIndex: number, isNamed: boolean): object => ({
    type: 'category',
    gridIndex,
    data: names,
    inverse: true,
    axisLabel: {
      show: isNamed,
      color: 'var(--ink)',
      fontSize,
      interval: 0,
    },
    axisLine: { lineStyle: { color: 'var(--line-2)' } },
    axisTick: { show: false },
  });
  const title = (text: string, { left, top: below }: { readonly left: number; readonly top: number }): object => ({
    text,
    left: left - 5,
    top: below - 24,
    padding: [0, 5],
    textStyle: { color: 'var(--ink-2)', fontSize, fontWeight: 600 },
  });
  const bars = (axis: number, color: string, spans: readonly (readonly [number, number])[]): BarSeriesOption[] => {
    const at = {
      type: 'bar' as const,
      xAxisIndex: axis,
      yAxisIndex: axis,
      stack: `rows-${axis}`,
      barWidth: 12,
      ...STILL,
    };
    return [
      // What lies before a bar is a bar that is not seen.
      { ...at, data: spans.map(([start]) => start), itemStyle: { color: 'none' } },
      { ...at, data: spans.map(([, length]) => length), itemStyle: { color, borderRadius: 2 }, barMinHeight: 2 },
    ];
  };
  return {
    height: isNarrow ? places.top + rowsHeight + foot : top + rowsHeight + foot,
    option: {
      title: [title('needed at steps', steps), title('place in the tape', places)],
      grid: [steps, places],
      xAxis: [
        {
          gridIndex: 0,
          type: 'value',
          min: 0,
          max: lastStep + 2,
          axisLabel: {
            color: 'var(--ink-2)',
            fontSize,
            customValues: ticks,
            formatter: (value: number) => formatCount(value - 1),
            hideOverlap: true,
          },
          // The types do not know that lines follow the same values.
          splitLine: { customValues: ticks, lineStyle: { color: 'var(--line)' } } as object,
          axisLine: { show: false },
          axisTick: { show: false },
        },
        { gridIndex: 1, ...byteAxis(scale, tapeBytes, fontSize, isNarrow ? 3 : 4), position: 'bottom' },
      ],
      yAxis: [rows(0, true), rows(1, isNarrow)],
      series: [
        ...bars(
          0,
          familyColor('working').fill,
          buffers.map(({ firstStep, lastStep: last }) => [firstStep + 1, Math.max(1, last - firstStep + 1)] as const),
        ),
        ...bars(
          1,
          familyColor('working').fill,
          buffers.map(({ offset, bytes }) => [offset / scale.unitBytes, bytes / scale.unitBytes] as const),
        ),
      ],
    },
  };
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? 10 * power;
}
