/** Text in columns. */

/** Blanks between columns. */
const GAP = '  ';

/** How a column is set; the default is left. */
export type Alignment = 'left' | 'right';

/**
 * Lines of cells under each other, without frames and trailing blanks. Widths count code points: wide characters belong
 * into the last column, which nothing follows.
 */
export function formatColumns(rows: readonly (readonly string[])[], alignments: readonly Alignment[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, [...cell].length);
  }
  return rows.map((row) => {
    const cells = row.map((cell, index) => {
      const padding = ' '.repeat((widths[index] ?? 0) - [...cell].length);
      return alignments[index] === 'right' ? padding + cell : cell + padding;
    });
    return cells.join(GAP).trimEnd();
  });
}

/** One column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: Alignment;
}

/** Rows under a line of titles. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title);
  return formatColumns(
    [titles, ...rows],
    columns.map(({ align }) => align ?? 'left'),
  ).join('\n');
}
