#!/usr/bin/env node
/**
 * Bundles the sandbox (`src/sandbox/main.ts` and the Jinja library) into a script in a constant: it is started as text, in
 * Node and in browsers, from sources and from bundles alike.
 *
 *   node packages/chat-template/scripts/build.mjs           writes src/generated/
 *   node packages/chat-template/scripts/build.mjs --check   exits 1 where the committed file is stale
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const library = join(root, 'node_modules', '@huggingface', 'jinja');
const { name, version } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
const license = readFileSync(join(library, 'LICENSE'), 'utf8').trim();

const { outputFiles } = await build({
  entryPoints: [join(root, 'src', 'sandbox', 'main.ts')],
  bundle: true,
  write: false,
  minify: true,
  format: 'iife',
  platform: 'neutral',
  mainFields: ['module'],
  target: 'es2022',
  charset: 'utf8',
  // The licence travels with every copy of the code.
  banner: { js: `/*! Contains ${name} ${version}.\n${license}\n*/` },
});
const script = JSON.stringify(outputFiles[0].text);
const text = `/** Made by scripts/build.mjs from src/sandbox/. */\nexport const SANDBOX_SCRIPT: string =\n  ${script};\n`;
const file = join(root, 'src', 'generated', 'sandbox-script.ts');
if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
  if (process.argv.includes('--check')) {
    console.error(`${file} is stale: run node packages/chat-template/scripts/build.mjs`);
    process.exit(1);
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`sandbox-script: ${Math.round(text.length / 1000)} kB`);
}
