/** The peers: installed when they are first needed, into their own folder, which the workspace never installs. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Which peers can run here, and why the others cannot. `folder` is bench/peers. No script of a package is run: that of
 * node-llama-cpp would look for a GPU and build or download; the package for this platform has a built CPU library.
 */
export function findPeers(folder) {
  const problem = install(folder);
  if (problem !== undefined) {
    return { native: false, chromium: undefined, skipped: [`the peers could not be installed: ${problem}`] };
  }
  const chromium = findChromium();
  const skipped =
    chromium === undefined ? ['no Chromium was found (CHROMIUM names one): the rows of wllama are left out'] : [];
  return { native: true, chromium, skipped };
}

/** Installs what the lockfile says, unless that is what is there. Gives what went wrong, if anything did. */
function install(folder) {
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  const stamp = join(folder, 'node_modules', '.mirust-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return undefined;
  console.error('Installing the peers (about 150 MB, once) …');
  try {
    // Not `npm ci`: it refuses a lockfile that lacks a package of another platform, which some mirrors do not carry.
    execFileSync('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      shell: process.platform === 'win32',
    });
  } catch (error) {
    return String(error.stderr ?? error.message)
      .trim()
      .split('\n')
      .at(-1);
  }
  writeFileSync(stamp, lock);
  return undefined;
}

function findChromium() {
  const named = process.env.CHROMIUM;
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const folders = (process.env.PATH ?? '').split(process.platform === 'win32' ? ';' : ':');
  return CHROMIUM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}
