/** What the charts have in common. */
import type { BarSeriesOption } from 'echarts/charts';
import type { FamilyKey } from '../../words/families.ts';
import type { ByteScale } from './_scale.ts';

/** The colour of a family, and that of text on it: see `style.ts`. */
export function familyColor(key: FamilyKey): { readonly fill: string; readonly ink: string } {
  return { fill: `var(--${key})`, ink: `var(--on-${key})` };
}

/** Characters take about this much of the font's size: those of Latin, and those that are drawn wide. */
const LATIN_EM = 0.56;
const WIDE_EM = 1;

/** The width of a text, about. Without a page there is nothing to measure it with. */
export function textWidth(text: string, fontSize: number): number {
  let em = 0;
  for (const character of text) em += character < '\u1100' ? LATIN_EM : WIDE_EM;
  return em * fontSize;
}

/**
 * Text of a report in a drawing, cut to a width. The library keeps the widths of texts in a plain object by the text itself:
 * a buffer of the name `__proto__` or `toString` would be looked up in, and written to, what all objects have in common. A
 * space in front, which no drawing shows, makes it a key like any other.
 */
export function drawnText(text: string, width: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= width) return ` ${text}`;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, fontSize) > width) characters.pop();
  return ` ${characters.join('')}…`;
}

/** Every bar is still: nothing happens under a pointer. */
export const STILL = { silent: true, emphasis: { disabled: true } } as const;

/** An axis of bytes. */
export function byteAxis(scale: ByteScale, most: number, fontSize: number, splitNumber: number): object {
  return {
    type: 'value',
    min: 0,
    max: most === 0 ? 1 : most / scale.unitBytes,
    splitNumber,
    axisLabel: {
      color: 'var(--ink-2)',
      fontSize,
      formatter: scale.label,
      hideOverlap: true,
      // The end of the axis is the end of the data, and no round number.
      showMaxLabel: false,
    },
    splitLine: { lineStyle: { color: 'var(--line)' } },
    axisLine: { show: false },
    axisTick: { show: false },
  };
}

/** A line at the budget, across all bars. */
export function budgetLine(
  budget: { readonly value: number; readonly label: string } | undefined,
  axis: 'xAxis' | 'yAxis',
  position: 'start' | 'end',
  fontSize: number,
): Pick<BarSeriesOption, 'markLine'> {
  if (budget === undefined) return {};
  const markLine: BarSeriesOption['markLine'] = {
    silent: true,
    symbol: 'none',
    data: [axis === 'xAxis' ? { xAxis: budget.value } : { yAxis: budget.value }],
    lineStyle: { color: 'var(--ink)', type: [6, 4], width: 1.5 },
    label: {
      formatter: () => budget.label,
      position,
      color: 'var(--ink)',
      fontSize,
      fontWeight: 600,
      textBorderWidth: 0,
      distance: 4,
    },
  };
  return { markLine };
}
