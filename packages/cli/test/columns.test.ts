import { expect, it } from 'vitest';
import { formatColumns, formatTable } from '../src/columns.ts';

it('puts cells under each other, to the left or to the right, without trailing blanks', () => {
  const rows = [
    ['q8', '1,024', 'first'],
    ['f32', '7', ''],
  ];
  expect(formatColumns(rows, ['left', 'right'])).toEqual(['q8   1,024  first', 'f32      7']);
});

it('counts a character beyond U+FFFF as one', () => {
  expect(
    formatColumns([
      ['😀', 'x'],
      ['ab', 'y'],
    ]),
  ).toEqual(['😀   x', 'ab  y']);
});

it('sets titles above the rows', () => {
  const columns = [{ title: 'type' }, { title: 'bytes', align: 'right' }] as const;
  expect(formatTable(columns, [['q8', '12']])).toBe('type  bytes\nq8       12');
  expect(formatTable(columns, [])).toBe('type  bytes');
});
