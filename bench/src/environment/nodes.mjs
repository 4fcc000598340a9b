/** The Node versions that are measured: the running one, and a newer one from the registry. */
import { execFileSync } from 'node:child_process';
import { arch, platform } from 'node:os';

const NEWER_NODE = '24.21.0';

/** `{ version, path }` of each; a message instead of the newer one where it cannot be had. */
export function findNodes() {
  const running = { version: process.versions.node, path: process.execPath };
  if (running.version === NEWER_NODE) return { nodes: [running], skipped: [] };
  const pack = `node-${platform() === 'win32' ? 'win' : platform()}-${arch()}@${NEWER_NODE}`;
  try {
    const path = execFileSync('npx', ['--yes', `--package=${pack}`, '-c', 'node -p process.execPath'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    }).trim();
    return { nodes: [running, { version: NEWER_NODE, path }], skipped: [] };
  } catch {
    return { nodes: [running], skipped: [`Node ${NEWER_NODE} could not be fetched (${pack}): its rows are left out`] };
  }
}
