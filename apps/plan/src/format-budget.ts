/** A checked budget as text. */
import { colorsFor } from '@mirust/cli';
import { formatBytes } from '@mirust/core';
import type { BudgetReport, CheckedLimit } from '@mirust/schemas';

/** The report as text: a line for each plan, and what would help. */
export function formatBudgetReport({ plans, verdict }: BudgetReport): string {
  const colors = colorsFor(process.stdout);
  const lines = plans.flatMap(({ name, verdict: own, budgetBytes, totalBytes, limits, error, changes = [] }) => {
    const sizes = totalBytes === undefined ? '' : `${formatBytes(totalBytes)} of `;
    const head = `${name}: ${sizes}${formatBytes(budgetBytes)}`;
    const broken = limits.filter(({ fits }) => !fits).map((limit) => `  ${limit.name}: ${limitText(limit)}`);
    const help = changes.length === 0 ? [] : [`  would fit with ${changes.join(', or ')}`];
    const why = error === undefined ? [] : [`  ${error.code}: ${error.message}`];
    const paint = own === 'fits' ? colors.green : colors.red;
    return [`${paint(own.replaceAll('-', ' ').padEnd(12))}  ${head}`, ...broken, ...help, ...why];
  });
  const kept = plans.filter((plan) => plan.verdict === 'fits').length;
  return `${lines.join('\n')}\n\n${verdict.replaceAll('-', ' ')}: ${kept} of ${plans.length} kept\n`;
}

function limitText({ bytes, limitBytes }: CheckedLimit): string {
  return bytes === undefined ? 'not known' : `${formatBytes(bytes)}, allowed are ${formatBytes(limitBytes)}`;
}
