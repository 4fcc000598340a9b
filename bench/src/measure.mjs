/** Runs the members of cells, each in a process of its own. */
import { join } from 'node:path';
import { runProbe } from './environment/child.mjs';
import { median } from './median.mjs';
import { memberId } from './members.mjs';

/** A process is not begun when less is left: it would only be cut off. */
export const LEAST_MS = 8_000;

/**
 * One round: gives samples, `{ cell, round, member, readGigabytes, answer }`. The members of a cell run one after the
 * other, so that over the rounds subject and peer alternate. Stops where no time is left.
 */
export async function measureCells(cells, round, context) {
  const samples = [];
  for (const cell of cells) {
    if (context.timeoutMs() < LEAST_MS) {
      // Of the first round, so that it is known what is missing.
      if (round === 0) samples.push(...cell.members.map((member) => unmeasured(cell, round, member)));
      continue;
    }
    const readGigabytes = await context.readGigabytes(cell.threads);
    context.report(`round ${round + 1}: ${cell.name}; the memory reads ${readGigabytes.toFixed(1)} GB/s`);
    for (const member of cell.members) {
      if (context.timeoutMs() < LEAST_MS) {
        samples.push(unmeasured(cell, round, member));
        continue;
      }
      const start = performance.now();
      const answer = await runMember(member, context);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      context.report(`  ${memberId(member)}: ${answer.error ?? `measured in ${seconds} s`}`);
      samples.push({ cell: cell.name, round, member, readGigabytes, answer });
    }
  }
  return samples;
}

function unmeasured(cell, round, member) {
  return { cell: cell.name, round, member, answer: { error: 'no time was left' } };
}

async function runMember(member, { probes, peers, pathOf, nodes, chromium, timeoutMs }) {
  const { engine, shape, encoding, threads, plan } = member;
  const argument = { model: await pathOf(shape, encoding), threads, plan };
  const options = { timeoutMs: timeoutMs() };
  if (engine === 'mirust') {
    const node = nodes.find(({ version }) => version === member.node);
    return await runProbe(node.path, join(probes, 'ours.mjs'), argument, options);
  }
  if (engine === 'llama.cpp') return await runProbe(process.execPath, join(peers, 'llama.mjs'), argument, options);
  return await runProbe(
    process.execPath,
    join(peers, 'wllama.mjs'),
    { ...argument, release: engine, chromium },
    options,
  );
}

/** The memory's pure read rate of this minute, GB/s. Throws where it cannot be read: no row would mean anything. */
export async function readBandwidth(probes, threads, timeoutMs) {
  const answer = await runProbe(process.execPath, join(probes, 'bandwidth.mjs'), { threads }, { timeoutMs });
  if (answer.error !== undefined) throw new Error(`the memory's read rate was not measured: ${answer.error}`);
  return median(answer.gigabytesPerSecond);
}
