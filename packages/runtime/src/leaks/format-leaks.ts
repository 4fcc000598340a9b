/** A leak report for a person. */
import { formatBytes, sanitizeText } from '@mirust/core';
import type { LeakRecord, LeakReport } from '@mirust/schemas';

/** Longest name and longest place that are shown, and most calls of one place. */
const MAX_NAME_CHARACTERS = 80;
const MAX_PLACE_CHARACTERS = 200;
const MAX_CALLS = 8;

/** Whether anything was not given back, or was and is still there. */
export function hasLeaks({ open, retained = [] }: LeakReport): boolean {
  return open.length > 0 || retained.length > 0;
}

/** Lines: what was not given back, then what is still reachable; or that there is none. The blocks of a tape are one line. */
export function formatLeaks({ taken, open, retained = [] }: LeakReport): string[] {
  const all = `${taken.count.toLocaleString('en-US')} things, ${taken.bytes.toLocaleString('en-US')} bytes`;
  if (open.length + retained.length === 0) return [`no leaks: ${all} taken and given back`];
  return [
    ...section('not given back', open),
    ...section('given back, and still reachable', retained),
    `${open.length + retained.length} of ${all} taken`,
  ];
}

function section(title: string, records: readonly LeakRecord[]): string[] {
  if (records.length === 0) return [];
  const rows = byTape(records).flatMap(({ name, kind, bytes, where: [place = 'unknown', ...calls] }) => {
    const cells = [kind, sanitizeText(name, MAX_NAME_CHARACTERS), bytes === undefined ? '' : formatBytes(bytes)];
    const callers = calls.slice(0, MAX_CALLS - 1).map((call) => ['', '', '', sanitizeText(call, MAX_PLACE_CHARACTERS)]);
    return [[...cells, sanitizeText(place, MAX_PLACE_CHARACTERS)], ...callers];
  });
  const header = ['kind', 'name', 'bytes', 'where'];
  const widths = header.map((_title, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd();
  return [`${title}:`, line(header), ...rows.map(line)];
}

/** Blocks of a tape as one record: a model has hundreds, and they come and go together. */
function byTape(records: readonly LeakRecord[]): LeakRecord[] {
  const rows = new Map<string, LeakRecord & { readonly count: number }>();
  for (const [index, record] of records.entries()) {
    const isBlock = record.kind === 'block';
    const tape = isBlock ? record.name.slice(0, record.name.indexOf('/')) : '';
    const key = isBlock ? `${tape} ${record.where.join()}` : String(index);
    const row = rows.get(key);
    const count = (row?.count ?? 0) + 1;
    const bytes = row === undefined ? record.bytes : (row.bytes ?? 0) + (record.bytes ?? 0);
    const name = isBlock && count > 1 ? `${tape}/… (${count} blocks)` : record.name;
    rows.set(key, { ...record, name, ...(bytes === undefined ? {} : { bytes }), count });
  }
  return [...rows.values()];
}
