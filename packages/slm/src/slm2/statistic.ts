/** Measured numbers as text of fixed width, so that META's length does not depend on what is measured. */
import type { Slm2Meta } from '@mirust/schemas';

/** What stands for a statistic that is not measured yet. */
export const PENDING_STATISTIC = '+0.000000000e+000';
/** What stands for a digest that is not computed yet. */
export const PENDING_SHA256: string = '0'.repeat(64);

/**
 * `-0.00123` → `-1.230000000e-003`: ten significant digits, 17 characters for every finite double.
 * Throws RangeError for NaN and infinities.
 */
export function formatStatistic(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`a statistic must be finite, got ${value}`);
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential(9).split('e');
  const sign = value < 0 ? '-' : '+';
  return `${sign}${mantissa}e${exponent.charAt(0)}${exponent.slice(1).padStart(3, '0')}`;
}

/** The number of a statistic. Throws RangeError for text that is not in the fixed form. */
export function parseStatistic(text: string): number {
  if (!/^[+-][0-9]\.[0-9]{9}e[+-][0-9]{3}$/.test(text)) throw new RangeError(`not a statistic: ${text.slice(0, 20)}`);
  return Number(text);
}

/** A copy of META with everything that is measured replaced by its placeholder: what the layout depends on. */
export function withPendingMeasurements(meta: Slm2Meta): Slm2Meta {
  const pending = {
    maxAbsoluteError: PENDING_STATISTIC,
    rmsError: PENDING_STATISTIC,
    relativeRmsError: PENDING_STATISTIC,
    cosine: PENDING_STATISTIC,
  };
  return {
    ...meta,
    sources: meta.sources.map((source) => ({ ...source, sha256: PENDING_SHA256 })),
    tensors: Object.fromEntries(
      Object.entries(meta.tensors).map(([name, record]) => [
        name,
        record.statistics === undefined ? record : { ...record, statistics: pending },
      ]),
    ),
  };
}
