#!/usr/bin/env node
/** Runs the benchmarks and prints a table: `npm run bench -- [--quick] [--json FILE]`. See ../README.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { commandRows } from './commands.mjs';
import { describeMachine, formatMachine } from './environment/machine.mjs';
import { runMicro } from './micro/run.mjs';
import { notesOf } from './notes.mjs';
import { rowsOf } from './rows.mjs';
import { runAll } from './run.mjs';
import { formatTable } from './table.mjs';

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(bench);

const args = await yargs(process.argv.slice(2))
  .scriptName('bench')
  .option('quick', { type: 'boolean', default: false, describe: 'what fits into five minutes' })
  .option('rounds', { type: 'number', requiresArg: true, describe: 'rounds of a full run (default 3)' })
  .option('only', { type: 'string', requiresArg: true, describe: 'groups whose name contains this, for a look' })
  .option('json', { type: 'string', requiresArg: true, describe: 'write the rows to a file' })
  .option('raw', { type: 'string', requiresArg: true, describe: 'write the raw results to a file as well' })
  .option('micro', { type: 'boolean', default: false, describe: 'the pieces instead of the engine' })
  .strict()
  .parseAsync();

const machine = describeMachine();
console.log(formatMachine(machine));
if (args.micro) save(args.json, await runMicro(root, args.quick ? 5 : 15));
else {
  const { raw, skipped } = await runAll({ bench, root, quick: args.quick, rounds: args.rounds, only: args.only });
  const results = { version: 1, machine, ...raw };
  const rows = [...rowsOf(results), ...commandRows(results)];
  save(args.raw ?? join(root, 'out', 'bench', 'raw.json'), results);
  save(args.json, rows);
  console.log(`\n${formatTable(rows)}\n`);
  for (const line of notesOf(results, skipped)) console.log(line);
}

function save(path, value) {
  if (path === undefined) return;
  mkdirSync(dirname(path), { recursive: true });
  // No clock is that good: five digits are plenty, and whole numbers (bytes) stay whole.
  const rounded = (_, part) =>
    typeof part === 'number' && !Number.isInteger(part) ? Number(part.toPrecision(5)) : part;
  writeFileSync(path, `${JSON.stringify(value, rounded, 1)}\n`);
}
