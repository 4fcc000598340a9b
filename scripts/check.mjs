#!/usr/bin/env node
/**
 * What only CI needs, on top of the tests: types, lint, layers, generated files, unused code. Prints one line per
 * check and writes the counts to `out/check-results.json`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const CHECKS = [
  ['types of the packages', 'tsc', ['-b']],
  ['types of the tests', 'tsc', ['-p', 'tsconfig.test.json']],
  ['lint and format', 'biome', ['ci', '--colors=off', '--error-on-warnings', '.']],
  ['layers (turbo boundaries)', 'turbo', ['boundaries']],
  ['compiled kernels are fresh', 'node', ['packages/kernels/scripts/build.mjs', '--check']],
  ['the sandbox of chat templates is fresh', 'node', ['packages/chat-template/scripts/build.mjs', '--check']],
  ['generated schemas are fresh', 'node', ['schemas/generate.mjs', '--check']],
  ['the page of error codes is fresh', 'node', ['scripts/generate-error-page.mjs', '--check']],
  ['the page of rules is fresh', 'node', ['scripts/generate-rule-page.mjs', '--check']],
  ['no unused files, exports or dependencies', 'knip', []],
];

const env = {
  ...process.env,
  PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`,
  NO_COLOR: '1',
  TURBO_TELEMETRY_DISABLED: '1',
};
let failed = 0;
for (const [name, command, args] of CHECKS) {
  const result = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', shell: process.platform === 'win32' });
  const ok = result.status === 0;
  console.log(`${ok ? '✓' : '✗'} ${name}`);
  if (ok) continue;
  failed++;
  console.log(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`);
}
mkdirSync(join(root, 'out'), { recursive: true });
writeFileSync(join(root, 'out', 'check-results.json'), JSON.stringify({ passed: CHECKS.length - failed, failed }));
process.exit(failed === 0 ? 0 : 1);
