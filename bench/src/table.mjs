/** Rows as a table for people. */

/** Numbers in three digits or so: 0.123, 12.3, 1,234. */
export function formatNumber(value) {
  if (value === null) return '';
  const size = Math.abs(value);
  const digits = size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Whether a row reaches its target, within its noise where it has some; undefined without a target. */
export function reaches({ ours, ratio, target, better, noise = 0 }) {
  if (target === null) return undefined;
  const value = ratio ?? ours;
  return better === 'lower' ? value - noise <= target : value >= target;
}

/** The cells of a row, as text. */
export function rowCells(row) {
  const { name, node, threads, ours, peer, ratio, target, unit, better } = row;
  const met = reaches(row);
  return [
    name,
    node,
    String(threads),
    `${formatNumber(ours)} ${unit}`,
    formatNumber(peer),
    ratio === null ? '' : ratio.toFixed(2),
    target === null ? '' : `${better === 'lower' ? '≤' : '≥'} ${target}`,
    met === undefined ? '' : met ? 'met' : 'missed',
    formatWork(row),
  ];
}

function formatWork({ readShare, gops }) {
  if (readShare !== undefined) return `${(100 * readShare).toFixed(0)} % of memory`;
  return gops === undefined ? '' : `${formatNumber(gops)} GOPS`;
}

/** What stands above the cells. */
export const HEADINGS = ['', 'Node', 'threads', 'ours', 'peer', 'ratio', 'target', '', 'bound'];

/** The rows, aligned: text to the left, numbers to the right. */
export function formatTable(rows) {
  const lines = [HEADINGS, ...rows.map(rowCells)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const isText = (column) => column === 0 || column === 7;
  return lines
    .map((line) =>
      line
        .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
