/** Axes of bytes: ticks at round numbers of a binary unit. */
import { formatDecimal } from '../../words/numbers.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A unit for an axis: values are divided by it. */
export interface ByteScale {
  readonly unitBytes: number;
  readonly label: (value: number) => string;
}

/** The unit in which `mostBytes` is at least 1. */
export function byteScale(mostBytes: number): ByteScale {
  let power = 0;
  while (power < UNITS.length - 1 && mostBytes >= 1024 ** (power + 1)) power++;
  const unit = UNITS[power] ?? 'B';
  return { unitBytes: 1024 ** power, label: (value) => (value === 0 ? '0' : `${formatDecimal(value, 2)} ${unit}`) };
}
