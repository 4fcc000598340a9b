#!/usr/bin/env node
/** The main job on the model that the repository ships: pack, admit, plan, run. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
mkdirSync(join(root, 'out'), { recursive: true });

const STEPS = [
  [
    '1. pack: the checkpoint becomes an artifact, 8 bits per weight',
    'pack',
    'fixtures/story/hf out/story.slm --quant q8',
  ],
  ['2. admit: the gate checks structure, digests, contract and tokenizer', 'admit', 'out/story.slm'],
  ['3. plan: its memory, to the byte', 'plan', 'out/story.slm --budget 128MiB'],
  ['4. run: it tells a story', 'run', 'out/story.slm --max-tokens 200'],
];

for (const [title, app, args] of STEPS) {
  console.log(`\n${title}\n$ mirust-${app} ${args}\n`);
  const main = join(root, 'apps', app, 'dist', 'main.js');
  const { status } = spawnSync(process.execPath, [main, ...args.split(' ')], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
// mirust-run ends its text as the model did, without a line break.
console.log();
