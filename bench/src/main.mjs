#!/usr/bin/env node
/** Runs the benchmarks and prints a table: `npm run bench -- [--quick] [--json FILE]`. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { createCases } from './cases.mjs';
import { compare } from './measure.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const args = await yargs(process.argv.slice(2))
  .scriptName('bench')
  .option('quick', { type: 'boolean', default: false, describe: 'fewer rounds' })
  .option('json', { type: 'string', requiresArg: true, describe: 'write the results to a file' })
  .strict()
  .parseAsync();

const rounds = args.quick ? 5 : 15;
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
console.log(`medians of ${rounds} rounds, subject and peer alternating; read the ratios\n`);
const results = [];
for (const definition of await createCases(root)) {
  const result = await compare(definition, rounds);
  results.push(result);
  const peer = result.ratio === undefined ? '' : `  ${result.ratio.toFixed(2)} × ${result.peerName}`;
  console.log(`${result.name.padEnd(44)} ${result.ours.toFixed(1).padStart(9)} ${result.unit}${peer}`);
}
if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(results, null, 2)}\n`);
