#!/usr/bin/env node
/**
 * Compiles the kernels, once per instruction set, into base64 constants: no fetch, and it works in Node, in workers and
 * in bundles alike.
 *
 *   node packages/kernels/scripts/build.mjs           writes src/generated/
 *   node packages/kernels/scripts/build.mjs --check   exits 1 where the committed files are stale
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The engine, once per instruction set; and what conversions and loads need, which has no dots: one build each. */
const BUILDS = {
  simd: { entry: 'index.ts', RELAXED: false, FUSED: false },
  relaxed: { entry: 'index.ts', RELAXED: true, FUSED: false },
  fused: { entry: 'index.ts', RELAXED: true, FUSED: true },
  encode: { entry: 'encode/index.ts', RELAXED: false, FUSED: false },
  interleave: { entry: 'interleave/index.ts', RELAXED: false, FUSED: false },
};
// Level 1: higher ones move loads into deep expressions, and V8, which keeps their order, spills registers.
const OPTIONS = ['--optimizeLevel', '1', '--runtime', 'stub', '--noAssert', '--enable', 'simd', '--enable', 'threads'];
const MEMORY = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'];

function sources() {
  const folder = join(root, 'assembly');
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  const files = names.map((name) => [name.replaceAll('\\', '/'), readFileSync(join(folder, name), 'utf8')]);
  return new Map([...files, ['table.ts', readFileSync(join(root, 'src', 'table.ts'), 'utf8')]]);
}

async function compile({ entry, ...constants }) {
  const files = sources();
  const lines = Object.entries(constants).map(([name, value]) => `export const ${name}: bool = ${value};`);
  files.set('variant.ts', lines.join('\n'));
  let wasm;
  const features = constants.RELAXED ? ['--enable', 'relaxed-simd'] : [];
  const { error, stderr } = await asc.main([entry, '--outFile', 'kernels.wasm', ...OPTIONS, ...MEMORY, ...features], {
    readFile: (name) => files.get(name) ?? null,
    writeFile: (_name, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  const said = stderr.toString();
  if (error !== null || wasm === undefined || said.length > 0) throw new Error(`${error?.message ?? ''}\n${said}`);
  return Buffer.from(wasm).toString('base64');
}

let stale = false;
for (const [build, options] of Object.entries(BUILDS)) {
  const name = `${build.toUpperCase()}_WASM`;
  const text = `/** Made by scripts/build.mjs from assembly/. */\nexport const ${name}: string =\n  '${await compile(options)}';\n`;
  const file = join(root, 'src', 'generated', `${build}.ts`);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  stale = true;
  if (process.argv.includes('--check')) {
    console.error(`${file} is stale: run node packages/kernels/scripts/build.mjs`);
    continue;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`${build}: ${Math.round((text.length * 3) / 4 / 1000)} kB`);
}
process.exit(stale && process.argv.includes('--check') ? 1 : 0);
