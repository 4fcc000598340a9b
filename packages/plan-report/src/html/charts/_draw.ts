/**
 * Drawings by Apache ECharts, on the server side of it: no page, no canvas, no script in what it makes. Colours are custom
 * properties of the page, so that one drawing serves light, dark and paper.
 */
import { BarChart, type BarSeriesOption } from 'echarts/charts';
import {
  GridComponent,
  type GridComponentOption,
  MarkLineComponent,
  type MarkLineComponentOption,
  TitleComponent,
  type TitleComponentOption,
} from 'echarts/components';
import { type ComposeOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { html, type Markup, trusted } from '../_markup.ts';

use([BarChart, GridComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

/** What a drawing is described by. */
export type ChartOption = ComposeOption<
  BarSeriesOption | GridComponentOption | MarkLineComponentOption | TitleComponentOption
>;

/** One drawing at one width. */
export interface Drawing {
  /** In the units of the drawing, which are about CSS pixels. */
  readonly height: number;
  readonly option: ChartOption;
}

/** How a figure is drawn for a screen. */
export interface Canvas {
  readonly width: number;
  readonly fontSize: number;
  readonly isNarrow: boolean;
}

/** A figure: what it shows, and how. */
export interface Figure {
  /** Unique in the page; letters and dashes. */
  readonly id: string;
  readonly title: string;
  /** What one sees in it, for those who do not. */
  readonly description: string;
  readonly draw: (canvas: Canvas) => Drawing;
}

/** A column of text beside a phone's edge, and one of a desk or of A4. The page shows one of both: see `style.ts`. */
const CANVASES: readonly Canvas[] = [
  { width: 720, fontSize: 13, isNarrow: false },
  { width: 312, fontSize: 13, isNarrow: true },
];

/** Both drawings of a figure. */
export function drawFigure({ id, title, description, draw }: Figure): Markup {
  const drawings = CANVASES.map((canvas) => {
    const name = `${id}-${canvas.isNarrow ? 'narrow' : 'wide'}`;
    const { height, option } = draw(canvas);
    return html`<svg class="${canvas.isNarrow ? 'narrow' : 'wide'}" viewBox="0 0 ${canvas.width} ${height}" role="img" aria-labelledby="${name}-title ${name}-desc"><title id="${name}-title">${title}</title><desc id="${name}-desc">${description}</desc>${trusted(contents(option, canvas, height, name))}</svg>`;
  });
  return html`<div class="drawing">${drawings}</div>`;
}

/** What stands inside the svg element of a drawing. */
function contents(option: ChartOption, { width, fontSize }: Canvas, height: number, name: string): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      // The page has its own words for it.
      aria: { enabled: false },
      textStyle: { fontFamily: 'inherit', fontSize, color: 'var(--ink-2)' },
      ...option,
    });
    return tidy(chart.renderToSVGString(), name);
  } finally {
    chart.dispose();
  }
}

/**
 * Leaves out what only scripts and pointers use, and names parts by the figure: the renderer counts its drawings over the
 * life of the process, and the same report has to give the same bytes. Text in a drawing has its quotes escaped, so no
 * pattern with a quote meets it.
 */
function tidy(svg: string, name: string): string {
  return svg
    .replace(/^<svg [^>]*>\s*|\s*<\/svg>\s*$/g, '')
    .replace(/<style\s*>[\s\S]*?<\/style>/g, '')
    .replace(/ (?:ecmeta_\w+|pointer-events|class|xml:space)="[^"]*"/g, '')
    .replace(/<rect width="[\d.]+" height="[\d.]+" x="0" y="0" fill="none"><\/rect>\s*/, '')
    .replace(/(id="|url\(#)zr\d+-/g, `$1${name}-`)
    .trim();
}
