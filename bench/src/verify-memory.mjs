#!/usr/bin/env node
/**
 * Planned against measured peak RSS of models from 1 MB to 1.2 GB: `node bench/src/verify-memory.mjs [--node PATH]
 * [--json FILE]` prints a Markdown table, and exits with 1 where a row is off by more than 3 %. Models are those of
 * the benchmarks, made where they are not there; what is measured is `mirust-plan verify`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { ensureArtifact } from './models/artifacts.mjs';

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(bench);
const PLAN = join(root, 'apps', 'plan', 'dist', 'main.js');
const PACK = join(root, 'apps', 'pack', 'dist', 'main.js');
const BOUND = 0.03;

const args = await yargs(process.argv.slice(2))
  .option('node', { type: 'string', default: process.execPath, requiresArg: true, describe: 'the Node that runs it' })
  .option('models', { type: 'string', default: join(root, 'out', 'bench', 'models'), requiresArg: true })
  .option('only', { type: 'string', default: '', requiresArg: true, describe: 'models whose name contains this' })
  .option('json', { type: 'string', requiresArg: true, describe: 'write the reports to a file' })
  .strict()
  .parseAsync();

/** The trained model of the repository, packed as anyone would. */
function packStory() {
  mkdirSync(args.models, { recursive: true });
  const path = join(args.models, 'story-q8.slm');
  if (!existsSync(path)) {
    execFileSync(process.execPath, [PACK, join(root, 'fixtures', 'story', 'hf'), path, '--quant', 'q8'], {
      stdio: 'ignore',
    });
  }
  return path;
}

const MODELS = [
  ['story, q8, .slm', packStory],
  ['story, bf16, directory', () => join(root, 'fixtures', 'story', 'hf')],
  ...['1M', '135M', '1.1B'].flatMap((shape) => [
    [`${shape}, q8, .slm`, () => ensureArtifact(args.models, shape, 'q8')],
    [`${shape}, Q8_0, .gguf`, () => ensureArtifact(args.models, shape, 'Q8_0')],
  ]),
].filter(([name]) => name.includes(args.only));

const reports = [];
console.log('| model | threads | cache | planned | measured | off | while loading | off | heap | off |');
console.log('|---|--:|---|--:|--:|--:|--:|--:|--:|--:|');
for (const [name, make] of MODELS) {
  const path = await make();
  for (const threads of [1, 2]) {
    for (const kv of ['f32', 'q8']) report(name, path, threads, kv);
  }
}
if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(reports, null, 1)}\n`);
const worst = Math.max(...reports.map(({ off }) => Math.abs(off)));
const differing = reports.filter(({ verdict }) => verdict === 'differs').length;
console.log(
  `\n${reports.length} runs on Node ${reports[0].version}: peak RSS off by ${percent(worst)} at most; exact rows differ in ${differing}`,
);
process.exitCode = worst > BOUND || differing > 0 ? 1 : 0;

function report(name, path, threads, kv) {
  const command = [PLAN, 'verify', path, '--threads', String(threads), '--kv', kv, '--json'];
  const { stdout, stderr } = spawnSync(args.node, command, { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  const { components, verdict, environment } = JSON.parse(stdout);
  const row = (wanted) => components.find((component) => component.name === wanted);
  const offOf = ({ plannedBytes, measuredBytes }) => measuredBytes / plannedBytes - 1;
  const peak = row('peak rss');
  const loading = row('peak rss while loading');
  const heap = row('js heap');
  reports.push({ name, threads, kv, verdict, off: offOf(peak), version: environment.version, components });
  const cells = [name, threads, kv, megabytes(peak.plannedBytes), megabytes(peak.measuredBytes), percent(offOf(peak))];
  const more = [
    megabytes(loading.measuredBytes),
    percent(offOf(loading)),
    megabytes(heap.measuredBytes),
    percent(offOf(heap)),
  ];
  console.log(`| ${[...cells, ...more].join(' | ')} |`);
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
