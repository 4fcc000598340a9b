#!/usr/bin/env node
/**
 * Bundles the command of the app in the current folder into `dist/main.js` and chunks that are loaded on demand, with the
 * licenses of what others wrote beside them. Hundreds of small modules take a command a third of a second to find, read
 * and compile before it does anything; a few files do not.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const OUT = 'dist';

/** Packages that the CycloneDX library asks for when it writes XML or validates, which nothing here makes it do. */
const NEVER_ASKED_FOR = [
  'ajv',
  'ajv-formats',
  'ajv-formats-draft2019',
  'libxmljs2',
  'xmlbuilder2',
  'packageurl-js',
  'spdx-expression-parse',
];

for (const name of readdirSync(OUT)) if (name.endsWith('.js')) rmSync(join(OUT, name));
const { metafile } = await build({
  // Some commands have threads or processes that are modules of their own.
  entryPoints: ['src/main.ts', 'src/worker.ts', 'src/child.ts'].filter((path) => existsSync(path)),
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: NEVER_ASKED_FOR,
  // Packages written for `require` ask for modules of Node that way.
  banner: {
    js: "import { createRequire as createRequireOfNode } from 'node:module';\nconst require = createRequireOfNode(import.meta.url);",
  },
  metafile: true,
  logLevel: 'warning',
});
writeFileSync(join(OUT, 'THIRD-PARTY-LICENSES.txt'), licenses(Object.keys(metafile.inputs)));

/** The license of every package that is not ours, and the notice that some ask to be passed on, as they came with it. */
function licenses(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const path = resolve(input).replaceAll('\\', '/');
    const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  const packages = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const entries = readdirSync(folder);
    const files = [/^licen[cs]e/i, /^notice/i].flatMap((pattern) => entries.find((entry) => pattern.test(entry)) ?? []);
    const texts = files.map((file) => `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`);
    return `${name} ${version} (${license})\n${texts.join('')}`;
  });
  return packages.join(`\n${'-'.repeat(72)}\n\n`);
}
