import { expect, it } from 'vitest';
import { formatTable } from '../src/columns.ts';

it('puts cells under each other, to the left or to the right, without trailing blanks', () => {
  const columns = [{ title: 'type' }, { title: 'bytes', align: 'right' }, { title: 'note' }] as const;
  const rows = [
    ['q8', '1,024', 'first'],
    ['f32', '7', ''],
  ];
  expect(formatTable(columns, rows)).toBe('type  bytes  note\nq8    1,024  first\nf32       7');
  expect(formatTable([{ title: 'type' }], [])).toBe('type');
});
