#!/usr/bin/env node
/** Fuzzes the reader of a format: `node fuzz/src/main.mjs --format gguf --executions 1000000 --seed 1`. See ../README.md. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { runCampaign } from './run/campaign.mjs';
import { saveCorpus } from './run/corpus.mjs';
import { runWatched } from './run/watch.mjs';
import { SEEDS } from './seeds.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const args = await yargs(process.argv.slice(2))
  .scriptName('fuzz')
  .option('format', { choices: [...Object.keys(SEEDS), 'all'], default: 'all', describe: 'whose reader' })
  .option('executions', { type: 'number', requiresArg: true, default: 100_000, describe: 'of each format' })
  .option('from', { type: 'number', requiresArg: true, default: 0, describe: 'index of the first execution' })
  .option('minutes', {
    type: 'number',
    requiresArg: true,
    default: Infinity,
    describe: 'of a format, if it takes so long',
  })
  .option('seed', { type: 'number', requiresArg: true, default: 1, describe: 'the same seed, the same inputs' })
  .option('guided', {
    type: 'number',
    requiresArg: true,
    default: 20_000,
    describe: 'executions of them that are guided',
  })
  .option('minimise', { type: 'boolean', default: false, describe: 'write the smallest corpus that reaches as much' })
  .option('max-corpus-bytes', { type: 'number', requiresArg: true, default: 24_000, describe: 'of a format' })
  .option('missing', { type: 'boolean', default: false, describe: 'list the blocks that nothing reached' })
  .option('out', { type: 'string', requiresArg: true, default: join(root, 'out', 'fuzz'), describe: 'for findings' })
  .strict()
  .parseAsync();

let findings = 0;
for (const format of args.format === 'all' ? Object.keys(SEEDS) : [args.format]) findings += await fuzz(format);
process.exitCode = findings > 0 ? 1 : 0;

async function fuzz(format) {
  const signatures = new Map();
  const start = performance.now();
  const rateOf = (executed) => Math.round(executed / ((performance.now() - start) / 1000));
  const result = await runCampaign({
    format,
    seed: args.seed,
    from: args.from,
    executions: args.executions,
    guided: args.guided,
    deadlineMs: args.minutes * 60_000,
    onFinding(finding) {
      if (signatures.has(finding.signature)) return;
      signatures.set(finding.signature, finding);
      console.error(`\n${format} ${finding.index}: ${finding.message}`);
    },
    onProgress({ executed, entries, reached, total }) {
      const blocks = reached === undefined ? '' : `, ${reached}/${total} blocks`;
      process.stderr.write(
        `\r${format} ${executed} executions, ${rateOf(executed)}/s, ${entries.length} entries${blocks}, ${signatures.size} findings  `,
      );
    },
  });
  process.stderr.write('\n');
  const { executed, reached, total, entries, missing } = result;
  const rate = rateOf(executed);
  for (const finding of signatures.values()) await save(format, finding);
  const outcomes = [...result.outcomes];
  const blocks = reached === undefined ? 'not measured' : `${reached} / ${total} blocks`;
  const codes = outcomes.filter(([code]) => code !== 'ok' && code !== 'finding');
  const accepted = outcomes.find(([code]) => code === 'ok')?.[1] ?? 0;
  console.log(
    `${format}: ${executed} executions from ${args.from}, seed ${args.seed}, ${rate}/s, ${blocks}, corpus ${entries.length} (${sizeOf(entries)} B), ` +
      `${accepted} accepted, ${codes.length} codes, ${signatures.size} findings`,
  );
  if (args.missing) for (const place of missing) console.log(`  ${describe(place)}`);
  if (args.minimise) {
    const small = await runWatched({
      format,
      guided: true,
      job: 'minimise',
      from: 0,
      entries,
      maxBytes: args.maxCorpusBytes,
      onFinding() {},
    });
    if (small.entries === undefined) throw new Error(`the corpus of ${format} could not be measured`);
    saveCorpus(format, small.entries);
    console.log(`  ${small.entries.length} entries are kept, ${sizeOf(small.entries)} B`);
  }
  return signatures.size;
}

function sizeOf(entries) {
  return entries.reduce((sum, { length }) => sum + length, 0);
}

/** Writes the input as it was, and as small as it gets. */
async function save(format, finding) {
  const folder = join(args.out, format);
  mkdirSync(folder, { recursive: true });
  const name = createHash('sha256').update(finding.signature).digest('hex').slice(0, 12);
  writeFileSync(join(folder, `${name}.bin`), finding.bytes);
  const job = {
    format,
    seed: args.seed,
    from: Math.max(0, finding.index),
    to: 0,
    guided: false,
    job: 'shrink',
    entries: [finding.bytes],
  };
  const { bytes } = finding.signature.includes(':') ? await runWatched({ ...job, onFinding() {} }) : {};
  if (bytes !== undefined) writeFileSync(join(folder, `${name}.small`), bytes);
  const { index, message, signature } = finding;
  writeFileSync(
    join(folder, `${name}.json`),
    `${JSON.stringify({ format, seed: args.seed, index, signature, message }, undefined, 1)}\n`,
  );
  console.log(`  ${join(folder, name)}: ${signature}`);
}

/** A place in a script as file, line and text. */
function describe([url, from, to]) {
  const text = readFileSync(fileURLToPath(url), 'utf8');
  const line = text.slice(0, from).split('\n').length;
  return `${url.replace(/.*\/packages\//, '')}:${line} ${JSON.stringify(text.slice(from, Math.min(to, from + 90)))}`;
}
