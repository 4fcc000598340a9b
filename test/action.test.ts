/** The GitHub Action, run by a stand-in for a runner: its steps, inputs, environment, and what it leaves behind. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from './support.ts';

const ACTION = join(ROOT, '.github', 'actions', 'admit');

interface Step {
  readonly name: string;
  readonly shell: string;
  readonly run: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly required?: boolean; readonly default?: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const action = parse(readFileSync(join(ACTION, 'action.yml'), 'utf8')) as Action;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirust-action-'));
  copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'not a model, ; touch injected.slm'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the step that admits, as a runner does: inputs put in for their expressions, a summary file, bash. */
function admit(inputs: Readonly<Record<string, string>>): { status: number | null; stdout: string; summary: string } {
  const step = action.runs.steps.at(-1) as Step;
  const inputOf = (name: string): string => inputs[name] ?? action.inputs[name]?.default ?? '';
  const env = Object.entries(step.env ?? {}).map(([name, text]): [string, string] => [
    name,
    text.replace(/\$\{\{ inputs\.(\w+) \}\}/g, (_, input: string) => inputOf(input)),
  ]);
  const summary = join(folder, 'summary.md');
  writeFileSync(summary, '');
  const { status, stdout } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...Object.fromEntries(env), GITHUB_ACTION_PATH: ACTION, GITHUB_STEP_SUMMARY: summary },
  });
  return { status, stdout, summary: readFileSync(summary, 'utf8') };
}

const GOOD = join(ROOT, 'fixtures', 'story', 'hf');

describe('the action', () => {
  it('has no expression in a command, where an input could become one', () => {
    expect(action.runs.using).toBe('composite');
    for (const { run, shell } of action.runs.steps) {
      expect(run).not.toContain('${{');
      expect(shell).toBe('bash');
    }
    const { scripts } = JSON.parse(readFileSync(join(ACTION, '..', '..', '..', 'package.json'), 'utf8'));
    expect(action.runs.steps[0]?.run).toContain('$GITHUB_ACTION_PATH/../../.."');
    expect(scripts.setup).toBeDefined();
  });

  it('passes a good model, and says so in the summary', () => {
    const { status, stdout, summary } = admit({ files: GOOD });
    expect([status, stdout.includes('::')]).toEqual([0, false]);
    expect(summary).toMatch(/^### mirust-admit: 1 of 1 admitted/);
  });

  it('refuses a bad one among good ones: annotation, SARIF, summary, and the status of the command', () => {
    const bad = 'not a model, ; touch injected.slm';
    const { status, stdout, summary } = admit({ files: `${GOOD}\n\n${bad}\n`, sarif: 'admit.sarif' });
    expect(status).toBe(14);
    expect(stdout).toContain(`::error file=${bad.replaceAll(',', '%2C')},title=CHECKPOINT_FORMAT::`);
    expect(summary).toMatch(/^### mirust-admit: 1 of 2 admitted/);
    const log = JSON.parse(readFileSync(join(folder, 'admit.sarif'), 'utf8'));
    expect(log.runs[0].results[0].ruleId).toBe('MR-U021');
    expect(existsSync(join(folder, 'injected.slm'))).toBe(false);
  });

  it('looks at a whole directory, by a policy', () => {
    const models = join(folder, 'models');
    mkdirSync(join(models, 'story'), { recursive: true });
    for (const name of readdirSync(GOOD)) copyFileSync(join(GOOD, name), join(models, 'story', name));
    writeFileSync(join(models, 'weights.bin'), Uint8Array.of(0x80, 2, 0x7d, 0x71, 0, 0x2e));
    writeFileSync(join(models, 'README.md'), '# no model');
    writeFileSync(join(folder, 'policy.jsonc'), '{ "version": 1, /* by name */ "architectures": ["qwen2"] }');
    const strict = admit({ files: 'models', policy: 'strict', sarif: 'strict.sarif' });
    expect(strict.status).toBe(14);
    expect(strict.stdout.match(/^::error /gm)).toHaveLength(1);
    expect(strict.stdout).toContain('::error file=models/weights.bin,title=CHECKPOINT_PICKLE::');
    expect(strict.summary).toMatch(/^### mirust-admit: 1 of 2 admitted/);
    const { runs } = JSON.parse(readFileSync(join(folder, 'strict.sarif'), 'utf8'));
    expect(runs[0].results.map(({ ruleId }: { readonly ruleId: string }) => ruleId)).toEqual(['MR-U022']);
    const own = admit({ files: 'models/story', policy: 'policy.jsonc' });
    expect([own.status, own.stdout.includes('title=POLICY_ARCHITECTURE::')]).toEqual([19, true]);
    expect(admit({ files: 'models', policy: 'absent.jsonc' }).status).toBe(16);
  });

  it('is wrong usage without a file', () => {
    expect(admit({ files: ' \n' }).status).toBe(2);
  });
});
