/** The trade-off table as rows of text. */
import { formatBytes, sanitizeText } from '@mirust/core';
import type { PlanReport, TradeoffTable } from '@mirust/schemas';
import { firstOf } from './bounds.ts';
import { formatCount, formatDecimal } from './numbers.ts';

/** Contexts and quantizations that a table shows. */
const MAX_CONTEXTS = 16;
const MAX_QUANTIZATIONS = 64;

/** One combination of a quantization and a context. */
export interface TradeoffView {
  readonly text: string;
  /** Absent where it is not said. */
  readonly fits?: boolean;
  /** What was asked for. */
  readonly isAsked: boolean;
}

/** See the module comment. Every row has a cell for each context. */
export interface TradeoffsView {
  readonly contexts: readonly { readonly text: string; readonly isAsked: boolean }[];
  readonly rows: readonly {
    readonly quantization: string;
    readonly weights: string;
    readonly bitsPerWeight: string;
    readonly cells: readonly TradeoffView[];
  }[];
  readonly leftRows: number;
  readonly leftContexts: number;
  readonly kvType: string;
}

/** The table of a report: bounded, a dash where a cell is missing. */
export function tradeoffsView(table: TradeoffTable, { options }: PlanReport): TradeoffsView {
  const contexts = firstOf(table.contexts, MAX_CONTEXTS);
  const rows = firstOf(table.rows, MAX_QUANTIZATIONS);
  return {
    contexts: contexts.shown.map((context) => ({ text: formatCount(context), isAsked: context === options.context })),
    rows: rows.shown.map(({ quantization, weightBytes, bitsPerWeight, cells }) => ({
      quantization: sanitizeText(quantization),
      weights: formatBytes(weightBytes),
      bitsPerWeight: formatDecimal(bitsPerWeight, 2),
      cells: contexts.shown.map((context, index): TradeoffView => {
        const cell = cells[index];
        if (cell === undefined) return { text: '–', isAsked: false };
        const isAsked = context === options.context && quantization === options.quantization;
        const text = formatBytes(cell.totalBytes);
        return cell.fits === undefined ? { text, isAsked } : { text, fits: cell.fits, isAsked };
      }),
    })),
    leftRows: rows.left,
    leftContexts: contexts.left,
    kvType: sanitizeText(table.kvType),
  };
}

/** `✓` fits, `✗` does not, nothing where it is not said. */
export function fitSign(fits: boolean | undefined): string {
  return fits === undefined ? '' : fits ? '✓' : '✗';
}
