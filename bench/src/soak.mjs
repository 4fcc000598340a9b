#!/usr/bin/env node
/**
 * 1,000 rounds of loading, generating and freeing the model that is shipped here, for one thread and for several:
 *
 *   node bench/src/soak.mjs [--rounds 1000] [--threads 1 2]
 *
 * prints what a round takes, resident memory and JavaScript heap after the collections of the first round, in the median
 * and after the last one, and how fast they grow. Exits with 1 where a round left something on its ledger.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { runProbe } from './environment/child.mjs';
import { summarizeGrowth } from './growth.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const MEBIBYTE = 2 ** 20;

const { rounds, threads } = await yargs(process.argv.slice(2))
  .scriptName('soak')
  .option('rounds', { type: 'number', default: 1000, describe: 'rounds for each number of threads' })
  .option('threads', { type: 'number', array: true, default: [1, 2], describe: 'numbers of threads' })
  .strict()
  .parseAsync();

const folder = mkdtempSync(join(tmpdir(), 'mirust-soak-'));
try {
  const model = join(folder, 'story.slm');
  const pack = [join(root, 'apps/pack/dist/main.js'), join(root, 'fixtures/story/hf'), model, '--quant', 'q8'];
  const packed = spawnSync(process.execPath, pack, { encoding: 'utf8' });
  if (packed.status !== 0) throw new Error(packed.stderr);
  for (const count of threads) {
    const timeoutMs = 2 ** 31 - 1;
    const argument = { model, threads: count, rounds };
    const answer = await runProbe(process.execPath, join(here, 'probes', 'soak.mjs'), argument, {
      timeoutMs,
      flags: ['--expose-gc'],
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    const { rss, heap, open, taken } = answer;
    const title = `${count} thread${count === 1 ? '' : 's'}`;
    console.log(
      `${title}, ${rss.length} rounds of ${taken.count} things, ${taken.bytes.toLocaleString('en-US')} bytes each`,
    );
    for (const [name, readings] of Object.entries({ resident: rss, heap })) console.log(`  ${line(name, readings)}`);
    for (const { kind, name } of open) console.log(`  left: ${kind} ${name}`);
    if (open.length > 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function line(name, readings) {
  const { first, median, last, perRound } = summarizeGrowth(readings);
  const figures = [first, median, last].map((bytes) => (bytes / MEBIBYTE).toFixed(1));
  const growth = perRound === undefined ? '' : `, ${(perRound / 1024).toFixed(2)} KiB a round in the last two thirds`;
  return `${name.padEnd(8)} first ${figures[0]}, median ${figures[1]}, last ${figures[2]} MiB${growth}`;
}
