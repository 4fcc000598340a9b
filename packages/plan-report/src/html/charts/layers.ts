/** Bytes of weights, layer by layer. */
import { formatBytes } from '@mirust/core';
import type { WeightGroup } from '@mirust/schemas';
import { plural } from '../../words/numbers.ts';
import { html, type Markup } from '../_markup.ts';
import { type Canvas, type Drawing, drawFigure } from './_draw.ts';
import { byteAxis, familyColor, STILL } from './_parts.ts';
import { byteScale } from './_scale.ts';

/** A column for each layer. Nothing where there are fewer than two: there is nothing to compare. */
export function layersChart(layers: readonly WeightGroup[]): Markup {
  if (layers.length < 2) return html``;
  const sizes = layers.map(({ bytes }) => bytes);
  const range = `${formatBytes(Math.min(...sizes))} to ${formatBytes(Math.max(...sizes))}`;
  return drawFigure({
    id: 'layers-chart',
    title: 'Weights by layer',
    description: `A column for each of ${plural(layers.length, 'layer')}, ${range}.`,
    draw: (canvas) => draw(sizes, canvas),
  });
}

function draw(sizes: readonly number[], { fontSize, isNarrow }: Canvas): Drawing {
  const most = Math.max(...sizes);
  const scale = byteScale(most);
  return {
    height: isNarrow ? 170 : 200,
    option: {
      grid: { left: isNarrow ? 62 : 72, right: 4, top: 10, bottom: 28 },
      xAxis: {
        type: 'category',
        data: sizes.map((_, index) => String(index)),
        axisLabel: { color: 'var(--ink-2)', fontSize },
        axisLine: { lineStyle: { color: 'var(--line-2)' } },
        axisTick: { show: false },
      },
      yAxis: byteAxis(scale, most * 1.05, fontSize, 3),
      series: [
        {
          type: 'bar',
          barCategoryGap: sizes.length > 64 ? '10%' : '22%',
          ...STILL,
          data: sizes.map((bytes) => bytes / scale.unitBytes),
          itemStyle: { color: familyColor('weights').fill },
        },
      ],
    },
  };
}
