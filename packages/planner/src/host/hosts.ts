/** The baselines that come with the planner. */
import { MEASURED } from './_measured.ts';
import type { HostBaseline } from './baseline.ts';

/**
 * The baseline of a host: of its major version where that was measured, else of the nearest. `version` is that of the
 * host (`process.versions.node`); default: the latest measured. Undefined where the host was not measured.
 */
export function hostBaseline(host: HostBaseline['host'], version?: string): HostBaseline | undefined {
  const known = MEASURED.filter((baseline) => baseline.host === host);
  const wanted = version === undefined ? Number.POSITIVE_INFINITY : Number.parseInt(version, 10);
  if (Number.isNaN(wanted) || wanted === Number.POSITIVE_INFINITY) return known.at(-1);
  const distance = (baseline: HostBaseline): number => Math.abs(Number.parseInt(baseline.version, 10) - wanted);
  return known.reduce<HostBaseline | undefined>(
    (best, baseline) => (best === undefined || distance(baseline) < distance(best) ? baseline : best),
    undefined,
  );
}
