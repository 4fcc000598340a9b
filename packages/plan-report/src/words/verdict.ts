/** Whether a plan fits, in words. */
import { formatBytes } from '@mirust/core';
import type { PlanReport } from '@mirust/schemas';
import { plural } from './numbers.ts';

/** See the module comment. */
export interface PlanVerdict {
  /** `none`: no budget was given. */
  readonly state: 'fits' | 'too-large' | 'unknown' | 'none';
  /** `fits into 8.00 GiB` */
  readonly headline: string;
  /** `2.13 GiB to spare` */
  readonly detail: string;
}

/** A sign beside each verdict, so that none is told by colour alone. */
export const VERDICT_SIGNS = { fits: '✓', 'too-large': '✗', unknown: '?', none: '' } as const;

/** The verdict of a report. */
export function planVerdict({ totalBytes, budgetBytes, fits, unknown = [] }: PlanReport): PlanVerdict {
  const parts = plural(unknown.length, 'part');
  if (budgetBytes === undefined) {
    const headline = `${unknown.length > 0 ? 'needs at least' : 'needs'} ${formatBytes(totalBytes)}`;
    const detail = unknown.length > 0 ? `${parts} unknown` : 'no budget was given';
    return { state: 'none', headline, detail };
  }
  const budget = formatBytes(budgetBytes);
  const difference = formatBytes(Math.abs(budgetBytes - totalBytes));
  if (fits === true) return { state: 'fits', headline: `fits into ${budget}`, detail: `${difference} to spare` };
  if (fits === false) {
    return { state: 'too-large', headline: `does not fit into ${budget}`, detail: `${difference} too much` };
  }
  const left = totalBytes <= budgetBytes ? `the known parts leave ${difference}` : `${difference} too much`;
  return { state: 'unknown', headline: `may not fit into ${budget}`, detail: `${left}, ${parts} unknown` };
}

/** The verdict in one line: `fits into 8.00 GiB: 2.13 GiB to spare`. */
export function verdictLine(report: PlanReport): string {
  const { headline, detail } = planVerdict(report);
  return `${headline}: ${detail}`;
}
