/** Numbers as people read them. Bytes are `formatBytes` of core. */

/** Largest number that is written out. */
const MAX_WRITTEN_OUT = 2 ** 53;

/** `6,738,415,616`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** At most so many digits behind the point; in exponents where it would be too long to read: `1.23e+300`. */
export function formatDecimal(value: number, digits: number): string {
  if (Math.abs(value) >= MAX_WRITTEN_OUT) return value.toExponential(2);
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** A share of a total: `37.2 %`, `< 0.1 %` where it is there and rounds to nothing. 0 of 0 is 0 %. */
export function formatShare(part: number, total: number): string {
  const percent = total === 0 ? 0 : (part / total) * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} %`;
}

const DECIMAL_STEPS = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** With a decimal prefix, three digits: `13.5 G`, `850 `. The unit follows. */
function withPrefix(value: number): string {
  const [step, prefix] = DECIMAL_STEPS.find(([least]) => value >= least) ?? [1, ''];
  const scaled = value / step;
  return `${scaled.toLocaleString('en-US', { maximumSignificantDigits: 3 })} ${prefix}`;
}

/** Operations: `13.5 GFLOP`. */
export function formatFlops(flops: number): string {
  return `${withPrefix(flops)}FLOP`;
}

/** What memory moves, in the decimal units that its makers state: `51.2 GB/s`. */
export function formatBandwidth(bytesPerSecond: number): string {
  return `${withPrefix(bytesPerSecond)}B/s`;
}

/** `1 position`, `4,096 positions`. */
export function plural(count: number, one: string, more = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : more}`;
}
