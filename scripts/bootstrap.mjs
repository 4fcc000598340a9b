#!/usr/bin/env node
/**
 * Sets the repository up: dependencies from the lockfile with the pinned pnpm, then a build of every package. Needs
 * Node 20 and npm, nothing else. Idempotent: where nothing changed it only looks at file times (well under a second).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'node_modules', '.mirust-setup.json');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const WORKSPACE_FOLDERS = ['packages', 'apps'];

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`MiRust needs Node ${manifest.engines.node}; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Every workspace package's folder, relative to the root. */
function workspaceFolders() {
  const nested = WORKSPACE_FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name)),
  );
  return [...nested, 'bench', 'fuzz', 'schemas', 'test'].filter((folder) =>
    existsSync(join(root, folder, 'package.json')),
  );
}

/** What decides the installed dependencies: contents, since checkouts change times. */
function installStamp() {
  const hash = createHash('sha256').update(process.version);
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'];
  for (const folder of workspaceFolders()) files.push(join(folder, 'package.json'));
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** What decides the build: path, size and time of every source. */
function buildStamp() {
  const hash = createHash('sha256');
  const visit = (path) => {
    const stat = statSync(path);
    if (!stat.isDirectory()) {
      hash.update(`${relative(root, path)} ${stat.size} ${stat.mtimeMs}\n`);
      return;
    }
    for (const name of readdirSync(path).sort()) visit(join(path, name));
  };
  for (const folder of workspaceFolders()) {
    for (const part of ['src', 'tsconfig.json', 'generated']) {
      if (existsSync(join(root, folder, part))) visit(join(root, folder, part));
    }
  }
  visit(join(root, 'tsconfig.base.json'));
  visit(join(root, 'scripts', 'bundle-app.mjs'));
  return hash.digest('hex');
}

/** Runs a tool of the repository to its end, or exits with its status. */
function run(command, args, what) {
  const bin = join(root, 'node_modules', '.bin');
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    shell: process.platform === 'win32',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, TURBO_TELEMETRY_DISABLED: '1' },
  });
  if (result.status === 0) return;
  // Silent unless it fails: then everything that was said.
  console.error(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  console.error(`${what} failed${result.error ? `: ${result.error.message}` : ''}`);
  process.exit(result.status ?? 1);
}

function readStamps() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return {};
  }
}

requireNode();
const stamps = readStamps();
const install = installStamp();
if (stamps.install !== install) {
  console.error('Installing dependencies …');
  // The pnpm in node_modules would delete itself in a purge: always the one that npx keeps elsewhere.
  run('npx', ['--yes', manifest.packageManager, 'install', '--frozen-lockfile', '--reporter=silent'], 'The install');
}
const build = buildStamp();
const built = workspaceFolders().every(
  (folder) => !existsSync(join(root, folder, 'tsconfig.json')) || existsSync(join(root, folder, 'dist')),
);
if (stamps.install !== install || stamps.build !== build || !built) {
  console.error('Building …');
  run('turbo', ['run', 'build', '--output-logs=errors-only', '--ui=stream', '--log-prefix=none'], 'The build');
}
mkdirSync(dirname(stampFile), { recursive: true });
writeFileSync(stampFile, JSON.stringify({ install, build }));
