/** What is not decoding or prefill: loading, memory, heap, packing. Measured here, and made into rows. */
import { execFileSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runProbe } from './environment/child.mjs';
import { LEAST_MS } from './measure.mjs';
import { median } from './median.mjs';
import { memberId } from './members.mjs';
import { quantizeRates } from './references.mjs';
import { finish } from './rows.mjs';
import { groupSamples } from './samples.mjs';
import { HEAP_TARGET, LOAD_TARGET, MEMORY_ALLOWANCE_BYTES, MEMORY_TARGET, PACK_TARGET } from './targets.mjs';

const THREADS = 2;

/** What a token leaves behind does not depend on the model's size: a small one has many tokens in a second. */
const HEAP_SHAPE = '1M';

/** Our packed types, and the type of llama-quantize that each is held against. */
const PACKS = { q8: 'Q8_0', q4: 'Q4_0' };

/**
 * The measurements, in turn, on the newest Node: each is `{ kind, node, threads, answer }` and what tells it from
 * others of its kind.
 */
export async function measureCommands(context, { large, small, runs }) {
  const { nodes, probes, pathOf, timeoutMs, readGigabytes, report } = context;
  const node = nodes.at(-1);
  const results = [];
  const probe = async (kind, script, argument, flags) => {
    const answer = await runProbe(node.path, join(probes, script), argument, { timeoutMs: timeoutMs(), flags });
    report(`${kind}: ${JSON.stringify(answer)}`);
    results.push({ kind, node: node.version, threads: argument.threads, answer });
  };
  const model = await pathOf(large, 'q8');
  for (let run = 0; run < runs; run++) {
    await probe('load', 'load.mjs', { model, threads: THREADS });
    await probe('sha256', 'sha256.mjs', { model, threads: THREADS });
  }
  await probe('heap', 'heap.mjs', { model: await pathOf(HEAP_SHAPE, 'q8'), threads: THREADS }, ['--expose-gc']);
  const pack = packCommand(context, node);
  const source = await pathOf(small, 'f32');
  for (const threads of [1, 2]) {
    const rate = await readGigabytes(threads);
    for (const encoding of Object.keys(PACKS)) {
      const answer = pack(source, encoding, threads);
      report(`pack ${encoding}: ${JSON.stringify(answer)}`);
      results.push({ kind: 'pack', node: node.version, threads, encoding, readGigabytes: rate, answer });
    }
  }
  return results;
}

/** Runs mirust-pack as a user does, and gives `{ seconds, bytes }` of the whole command. */
function packCommand({ root, folder, timeoutMs }, node) {
  const main = join(root, 'apps', 'pack', 'dist', 'main.js');
  const help = execFileSync(node.path, [main, '--help'], { encoding: 'utf8' });
  const has = (option) => help.includes(`--${option} `);
  return (source, encoding, threads) => {
    if (threads > 1 && !has('threads')) return { error: 'mirust-pack has no --threads' };
    const target = join(folder, `packed-${encoding}.slm`);
    const options = ['--quant', encoding];
    if (has('threads')) options.push('--threads', String(threads));
    if (encoding === 'q4' && has('scales')) options.push('--scales', 'f16');
    const timeout = timeoutMs();
    if (timeout < LEAST_MS) return { error: 'no time was left' };
    try {
      const start = performance.now();
      execFileSync(node.path, [main, source, target, ...options], { stdio: 'ignore', timeout });
      return { seconds: (performance.now() - start) / 1000, bytes: statSync(source).size };
    } catch (error) {
      return { error: `mirust-pack failed: ${error.message.split('\n')[0]}` };
    } finally {
      rmSync(target, { force: true });
    }
  };
}

/** The rows of all this; memory is what the processes of the samples took. */
export function commandRows({ commands, samples, nodes, shapes }) {
  const [large, small] = shapes;
  const of = (kind) => commands.filter((command) => command.kind === kind && command.answer.error === undefined);
  const place = { node: nodes.at(-1), threads: THREADS, better: 'lower' };
  return [
    ...loadRows(place, of, large),
    ...shapes.flatMap((shape) => memoryRows(place, samples, shape)),
    ...of('heap').map(({ answer }) => heapRow(place, answer)),
    ...packRows(of('pack'), small),
  ];
}

function loadRows(place, of, shape) {
  const seconds = (kind) => median(of(kind).map(({ answer }) => answer.seconds));
  const [ours, peer] = [seconds('load'), seconds('sha256')];
  if (ours === undefined || peer === undefined) return [];
  const name = `load ${shape} q8, verified / SHA-256 alone`;
  return [finish({ ...place, name, ours, peer, target: LOAD_TARGET, unit: 's' })];
}

/** Of the process that came nearest to its limit, or went furthest past it. */
function memoryRows(place, samples, shape) {
  const id = memberId({ engine: 'mirust', node: place.node, shape, encoding: 'q8', threads: place.threads });
  const group = groupSamples(samples).get(id);
  if (group === undefined) return [];
  const past = ({ peakBytes, planBytes }) => peakBytes - planBytes;
  const worst = group.map(({ answer }) => answer).reduce((most, answer) => (past(answer) > past(most) ? answer : most));
  const name = `peak memory ${shape} q8 / plan + 120 MB`;
  const peer = worst.planBytes + MEMORY_ALLOWANCE_BYTES;
  return [finish({ ...place, name, ours: worst.peakBytes, peer, target: MEMORY_TARGET, unit: 'B' })];
}

/** The median of several thousands, and how far they are from it. */
function heapRow(place, { growthBytes, tokens }) {
  const ours = median(growthBytes);
  const noise = Math.max(...growthBytes.map((bytes) => Math.abs(bytes - ours)));
  const name = `heap growth over ${tokens} tokens, ± ${noise} B`;
  return { ...finish({ ...place, name, ours, peer: undefined, target: HEAP_TARGET, unit: 'B' }), noise };
}

function packRows(packs, shape) {
  return packs.flatMap(({ node, threads, encoding, readGigabytes, answer }) => {
    const theirs = PACKS[encoding];
    const ours = answer.bytes / answer.seconds / 1e9;
    const { measured, scaled } = quantizeRates(theirs, threads, readGigabytes);
    const base = { node, threads, ours, target: PACK_TARGET, unit: 'GB/s' };
    const name = `pack ${shape} f32 to ${encoding} / llama-quantize ${theirs}`;
    return [
      finish({ ...base, name: `${name}, Zen 5`, peer: measured }),
      finish({ ...base, name: `${name}, scaled by memory`, peer: scaled }),
    ];
  });
}
