/**
 * A run in two parts: first guided by the counters, which find new entries, then without them over what was found. Counting
 * makes the readers several times slower, and brings little once the corpus has what can be reached.
 */
import { runWatched } from './watch.mjs';

/**
 * Executes indices from `from` on, the first `guided` of them with counters. Gives how many were done, blocks that ran
 * and that are known, blocks that did not run, entries, and how often each outcome occurred.
 */
export async function runCampaign({ format, seed, from, executions, guided, deadlineMs, onFinding, onProgress }) {
  const start = performance.now();
  const middle = from + Math.min(guided, executions);
  const parts = [
    { from, to: middle, guided: true },
    { from: middle, to: from + executions, guided: false },
  ];
  const outcomes = new Map();
  const result = { executed: 0, outcomes, entries: undefined, reached: undefined, total: undefined, missing: [] };
  for (const part of parts.filter((one) => one.to > one.from)) {
    const report = await runWatched({
      ...part,
      job: 'fuzz',
      format,
      seed,
      deadlineMs: deadlineMs - (performance.now() - start),
      entries: result.entries,
      onFinding,
      onProgress: (progress) => onProgress({ ...result, ...progress, executed: progress.done - from }),
    });
    result.executed += report.executed;
    result.entries = report.entries;
    if (part.guided) Object.assign(result, { reached: report.reached, total: report.total, missing: report.missing });
    for (const [code, count] of report.outcomes) outcomes.set(code, (outcomes.get(code) ?? 0) + count);
    if (report.executed < part.to - part.from) break;
  }
  return result;
}
