#!/usr/bin/env node
/**
 * Writes docs/performance.md from the raw results in ../results, one section for each file: `node
 * performance-page.mjs`. With `--check` it writes nothing and fails where the page is not what the results give.
 * Nothing on the page is typed.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandRows } from './commands.mjs';
import { formatMachine } from './environment/machine.mjs';
import { notesOf } from './notes.mjs';
import { rowsOf } from './rows.mjs';
import { HEADINGS, rowCells } from './table.mjs';

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(dirname(bench), 'docs', 'performance.md');
const folder = join(bench, 'results');

const INTRODUCTION = `# Performance

Generated from the raw results in \`bench/results\` by \`node bench/src/performance-page.mjs\`; \`bench/README.md\` says how they
are measured, and what counts as fair. The peers run the same weights on the same machine in the same run. Read ratios: on a
shared machine the memory's read rate changes from minute to minute, and decoding goes with it. "Bound" says how near a
figure is to what limits it: the share of the memory's pure read rate that decoding uses, and the arithmetic of prefill.
`;

function section(name, results) {
  const { machine, samples, quick } = results;
  const rows = [...rowsOf(results), ...commandRows(results)];
  const rounds = 1 + Math.max(...samples.map(({ round }) => round));
  return [
    `## ${name}`,
    `${formatMachine(machine)}. ${quick ? 'A quick run' : 'A full run'}, medians over ${rounds} rounds.`,
    table([HEADINGS, ...rows.map(rowCells)]),
    notesOf(results, [])
      .map((line) => `- ${line}`)
      .join('\n'),
  ].join('\n\n');
}

function table([headings, ...lines]) {
  const text = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|${headings.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`;
  return [text(headings), rule, ...lines.map(text)].join('\n');
}

const files = existsSync(folder)
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
  : [];
if (files.length === 0) {
  console.error('there are no results: run the benchmarks with --raw bench/results/<machine>.json');
  process.exit(1);
}
const sections = files.map((name) =>
  section(name.slice(0, -'.json'.length), JSON.parse(readFileSync(join(folder, name), 'utf8'))),
);
const text = `${[INTRODUCTION, ...sections].join('\n')}\n`;
if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  console.error('docs/performance.md is stale: run node bench/src/performance-page.mjs');
  process.exit(1);
}
