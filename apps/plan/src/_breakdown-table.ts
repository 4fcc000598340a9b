/** The components of a plan with bars: families in front, their members under them. */
import { formatTable } from '@mirust/cli';
import { formatBytes, sanitizeText } from '@mirust/core';
import { groupByFamily } from '@mirust/plan-report';
import type { PlanComponent, PlanReport } from '@mirust/planner';

const TERMINAL_COLUMNS = 80;
/** Characters of a full bar: what is left of a line, within bounds. */
const MIN_BAR = 8;
const MAX_BAR = 24;
/** Longest name of a component that is shown whole. */
const MAX_NAME_CHARACTERS = 32;

/** See the module comment. A family of one component is one row. */
export function breakdownTable({ components, totalBytes }: PlanReport): string {
  const rows = groupByFamily(components).flatMap((family): Row[] => {
    const [only, ...others] = family.components;
    if (only !== undefined && others.length === 0) return [{ ...ofComponent(only), hasBar: true }];
    const members = family.components.map((component) => {
      const row = ofComponent(component);
      return { ...row, name: `  ${row.name}` };
    });
    return [{ name: family.title.toLowerCase(), bytes: family.bytes, kind: '', hasBar: true }, ...members];
  });
  const all = [...rows, { name: 'total', bytes: totalBytes, kind: '', hasBar: false }];
  const cells = all.map(({ name, bytes, kind }) => [name, bytes.toLocaleString('en-US'), formatBytes(bytes), kind]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(9, ...cells.map((row) => row[column]?.length ?? 0)) + 2);
  const room = TERMINAL_COLUMNS - widths.reduce((sum, width) => sum + width, 0);
  const barCharacters = Math.min(MAX_BAR, Math.max(MIN_BAR, room));
  const columns = [
    { title: 'component' },
    { title: 'bytes', align: 'right' },
    { title: '', align: 'right' },
    { title: 'kind' },
    { title: 'share' },
  ] as const;
  return formatTable(
    columns,
    all.map(({ bytes, hasBar }, index) => [
      ...(cells[index] ?? []),
      hasBar ? bar(totalBytes === 0 ? 0 : bytes / totalBytes, barCharacters) : '',
    ]),
  );
}

interface Row {
  readonly name: string;
  readonly bytes: number;
  readonly kind: string;
  readonly hasBar: boolean;
}

function ofComponent({ name, bytes, kind }: PlanComponent): Row {
  return { name: sanitizeText(name, MAX_NAME_CHARACTERS), bytes, kind, hasBar: false };
}

/** Eighths of a block, so that a bar of a few characters still tells small from nothing. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

function bar(share: number, characters: number): string {
  const eighths = Math.round(Math.min(1, share) * characters * 8);
  return `${'█'.repeat(Math.floor(eighths / 8))}${EIGHTHS[eighths % 8] ?? ''}`;
}
