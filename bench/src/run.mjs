/** One whole run: finds what is there, makes what is missing, measures in rounds. */
import { join } from 'node:path';
import { measureCommands } from './commands.mjs';
import { findNodes } from './environment/nodes.mjs';
import { findPeers } from './environment/peers.mjs';
import { measureCells, readBandwidth } from './measure.mjs';
import { cellsOf } from './members.mjs';
import { ensureArtifact } from './models/artifacts.mjs';

const [LARGE, SMALL] = ['1.1B', '135M'];

/** A quick run ends within this, once models and peers are there; five minutes are promised, with looking for them. */
const QUICK_MS = 280_000;
/** One process of a full run: nothing that hangs holds it up for ever. */
const PROCESS_MS = 600_000;
/** Rounds of a full run. A quick one goes on as long as there is time. */
const FULL_ROUNDS = 3;

/** Gives the raw results and what was left out from the start. */
export async function runAll({ bench, root, quick, rounds = quick ? Number.POSITIVE_INFINITY : FULL_ROUNDS, only }) {
  const found = findNodes();
  const peers = findPeers(join(bench, 'peers'));
  const folder = join(root, 'out', 'bench', 'models');
  const pathOf = (shape, encoding) => ensureArtifact(folder, shape, encoding);
  for (const shape of [LARGE, SMALL]) {
    for (const encoding of ['Q8_0', 'Q4_0', 'q8', 'q4']) await pathOf(shape, encoding);
  }
  await pathOf(SMALL, 'f32');

  // From here on the clock runs: what is above is there the next time.
  const deadline = quick ? performance.now() + QUICK_MS : Number.POSITIVE_INFINITY;
  const timeoutMs = () => Math.max(1, Math.floor(Math.min(PROCESS_MS, deadline - performance.now())));
  const probes = join(bench, 'src', 'probes');
  const context = {
    root,
    folder,
    probes,
    peers: join(bench, 'peers'),
    nodes: found.nodes,
    chromium: peers.chromium,
    pathOf,
    timeoutMs,
    readGigabytes: (threads) => readBandwidth(probes, threads, PROCESS_MS),
    report: (line) => console.error(line),
  };
  const available = { quick, nodes: found.nodes, native: peers.native, browser: peers.chromium !== undefined };
  const cells = cellsOf({ ...available, large: LARGE, small: SMALL });
  const chosen = (group) => group.filter(({ name }) => name.includes(only ?? ''));
  const samples = [];
  const commands = [];
  for (let round = 0; round < rounds && timeoutMs() > 1; round++) {
    const measure = async (group) => samples.push(...(await measureCells(chosen(group), round, context)));
    await measure(cells.first);
    if (only === undefined && round === 0) {
      commands.push(...(await measureCommands(context, { large: LARGE, runs: quick ? 1 : 3, small: SMALL })));
    }
    // Browsers have no part in the further rounds of a quick run: their ratios are far from what noise could change.
    if (!quick || round === 0) await measure(cells.browser);
    await measure(cells.last);
  }
  const nodes = found.nodes.map(({ version }) => version);
  return {
    raw: { nodes, shapes: [LARGE, SMALL], quick, commands, samples },
    skipped: [...found.skipped, ...peers.skipped],
  };
}
