/**
 * @packageDocumentation For tests: runs the commands of this repository as their users do, as processes of their own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export { formatHelp, type Invocation, parseCommandLine } from './parse.ts';

/** The repository's root. */
export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

/** Names of the commands' folders. */
export type AppName = 'pack' | 'admit' | 'plan' | 'run';

/** How a process ended. */
export interface Finished {
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a command. */
export interface RunOptions {
  /** Standard input; by default there is none. */
  readonly input?: string | Uint8Array;
  /** Environment variables besides those of this process; colours are off unless these ask for them. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called with the process once it runs: to signal it, or to close its pipes. */
  readonly onSpawn?: (child: ChildProcess) => void;
}

/** Runs `mirust-<app>` as it was built. Error where it was not: a test that needs it must not pass by being skipped. */
export function runApp(app: AppName, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const main = join(ROOT, 'apps', app, 'dist', 'main.js');
  if (!existsSync(main)) throw new Error(`${main} is missing: run "npm run setup" first`);
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...inherited } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...inherited, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  // A command that reads nothing may end before its input is written.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  options.onSpawn?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...output }));
  });
}

/** A file of the third-party conformance data (`MIRUST_ASSETS`), or undefined where it is absent. */
export function assetPath(...parts: readonly string[]): string | undefined {
  const path = join(process.env.MIRUST_ASSETS ?? join(ROOT, '..', 'shared', 'assets'), ...parts);
  return existsSync(path) ? path : undefined;
}
