/** The model card of a bill: architecture, and the error of every tensor that was quantized. */
import type { QuantizationPredicate } from '@mirust/schemas';
import { parseStatistic } from '@mirust/slm';

interface PerformanceMetric {
  readonly type: string;
  readonly value: string;
  readonly slice: string;
}

/** `modelCard` of CycloneDX 1.6. */
export function modelCard({ model, tensors = {} }: QuantizationPredicate): object {
  const performanceMetrics = Object.entries(tensors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { statistics }]): PerformanceMetric[] => {
      if (statistics === undefined) return [];
      const { relativeRmsError, maxAbsoluteError, cosine } = statistics;
      return [
        metric('relative RMS error of quantization', relativeRmsError, name),
        metric('maximum absolute error of quantization', maxAbsoluteError, name),
        metric('cosine between source and quantized values', cosine, name),
      ];
    });
  return {
    // Every architecture that is described here is one.
    ...(model === undefined
      ? {}
      : { modelParameters: { architectureFamily: 'transformer', modelArchitecture: model.architecture } }),
    ...(performanceMetrics.length === 0 ? {} : { quantitativeAnalysis: { performanceMetrics } }),
  };
}

/** Without the fixed width that the container needs. */
function metric(type: string, statistic: string, slice: string): PerformanceMetric {
  return { type, value: String(parseStatistic(statistic)), slice };
}
