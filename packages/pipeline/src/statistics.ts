/** Error statistics as META stores them: text of fixed width. */
import type { ErrorStatistics } from '@mirust/quant';
import type { TensorStatistics } from '@mirust/schemas';
import { formatStatistic, PENDING_STATISTIC } from '@mirust/slm';

/** Stands for the statistics of a tensor until it is converted. */
export const PENDING_STATISTICS: TensorStatistics = {
  maxAbsoluteError: PENDING_STATISTIC,
  rmsError: PENDING_STATISTIC,
  relativeRmsError: PENDING_STATISTIC,
  cosine: PENDING_STATISTIC,
};

/** The record of a summary. */
export function fixedWidthStatistics(summary: ErrorStatistics): TensorStatistics {
  return {
    maxAbsoluteError: formatStatistic(summary.maxAbsoluteError),
    rmsError: formatStatistic(summary.rmsError),
    relativeRmsError: formatStatistic(summary.relativeRmsError),
    cosine: formatStatistic(summary.cosine),
  };
}
