/** mirust-plan verify and probe as their users run them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runApp } from '@mirust/cli/testing';
import { type PlanVerification, validateBandwidthReport, validatePlanVerification } from '@mirust/schemas';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');
const folder = mkdtempSync(join(tmpdir(), 'mirust-verify-'));
const story = join(folder, 'story.slm');

beforeAll(async () => {
  expect(await runApp('pack', [STORY, story, '--quant', 'q8'])).toMatchObject({ status: 0 });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The report, its verdict aside: measured rows are a matter of the machine, and have a test of their own. */
async function verify(...args: string[]): Promise<PlanVerification> {
  const { stdout, stderr } = await runApp('plan', ['verify', ...args, '--json']);
  expect(stderr).toBe('');
  const result = validatePlanVerification(JSON.parse(stdout));
  if (!result.ok) throw new Error(`${result.errors[0]?.path} ${result.errors[0]?.message}`);
  return result.value;
}

function rowOf({ components }: PlanVerification, name: string): PlanVerification['components'][number] {
  const row = components.find((component) => component.name === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
}

/** A plan whose exact rows are not equal must fail: what is planned is what the runtime allocates. */
function expectExact(report: PlanVerification): void {
  const exact = report.components.filter(({ kind }) => kind === 'exact');
  expect(exact.map(({ name }) => name)).toEqual([
    'engine tape',
    'weights tape',
    'working buffers',
    'kv cache',
    'engine tape high water',
    'weights tape high water',
    'working buffers high water',
    'kv cache high water',
    'wasm pages',
  ]);
  for (const { name, plannedBytes, measuredBytes, agrees } of exact) {
    expect({ name, bytes: measuredBytes, agrees }).toEqual({ name, bytes: plannedBytes, agrees: true });
    expect(plannedBytes).toBeGreaterThan(0);
  }
}

describe('verify', () => {
  it.each([
    ['an artifact', () => [story]],
    ['a small cache and chunk', () => [story, '--kv', 'q8', '--context', '32', '--chunk', '8']],
    ['a chunk as long as the context', () => [story, '--kv', 'f16', '--context', '16', '--chunk', '16']],
    ['two threads', () => [story, '--threads', '2']],
    ['a directory', () => [STORY]],
  ])('finds every exact row of %s to the byte', async (_name, args) => {
    expectExact(await verify(...args()));
  });

  it('finds the measured rows within the bound', async () => {
    const report = await verify(story);
    const peak = rowOf(report, 'peak rss');
    expect(report.bound).toEqual({ share: 0.03, bytes: Math.round(0.03 * peak.plannedBytes) });
    // The bound, and a little more: a machine under load may collect garbage later than the one that was measured.
    expect(Math.abs(peak.measuredBytes - peak.plannedBytes)).toBeLessThan(0.05 * peak.plannedBytes);
    expect(peak.measuredBytes).toBeGreaterThan(rowOf(report, 'host process').measuredBytes);
    expect(rowOf(report, 'js heap').measuredBytes).toBeGreaterThan(0);
    expect(rowOf(report, 'host process')).not.toHaveProperty('agrees');
    expect(report.timeline?.map(({ phase }) => phase)).toEqual(['start', 'allocate', 'read', 'ready', 'run']);
  });

  it('says in its last line whether the plan agrees', async () => {
    const { status, stdout } = await runApp('plan', ['verify', story]);
    const last = stdout.trimEnd().split('\n').at(-1);
    // A machine under load may pass the bound: that is told, and no failure.
    expect(last).toMatch(/^the plan agrees with what was measured$|^outside of the bound: /);
    expect(status).toBe(0);
  });

  it('ends with what the child found wrong, as any command does', async () => {
    const damaged = join(folder, 'damaged.slm');
    const bytes = readFileSync(story);
    const at = bytes.length - 4096;
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(damaged, bytes);
    const result = await runApp('plan', ['verify', damaged]);
    expect(result).toMatchObject({ status: 11, stdout: '' });
    expect(result.stderr).toMatch(/^mirust-plan: CHUNK_DIGEST: [^\n]+\n {2}[^\n]+\n$/);
  });

  it.each([
    ['a missing file', () => [join(folder, 'absent')], 16, /SOURCE_NOT_FOUND/],
    ['a context beyond the declared one', () => [story, '--context', '513'], 15, /MODEL_CONTEXT/],
    ['too many threads', () => [story, '--threads', '65'], 2, /threads must be at most 64/],
  ])('refuses %s', async (_name, args, status, problem) => {
    const result = await runApp('plan', ['verify', ...args()]);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(problem);
  });

  it.skipIf(process.platform !== 'linux')('says that its child died, as it does where memory runs out', async () => {
    const { children, result } = await disturb((child) => process.kill(child, 'SIGKILL'));
    expect(children).not.toEqual([]);
    expect(result).toMatchObject({ status: 15, stdout: '' });
    expect(result.stderr).toMatch(
      /^mirust-plan: HOST_CHILD_ENDED: [^\n]+ by SIGKILL, as processes do [^\n]+\n {2}[^\n]+\n$/,
    );
  });

  it.skipIf(process.platform !== 'linux')('takes its child along when it is interrupted', async () => {
    const { children, result } = await disturb((_child, planner) => process.kill(planner, 'SIGINT'));
    expect(result).toMatchObject({ status: 130, stdout: '' });
    expect(children).not.toEqual([]);
    expect(children.filter(isAlive)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('leaves no child behind when it is killed itself', async () => {
    const { children } = await disturb((_child, planner) => process.kill(planner, 'SIGKILL'));
    expect(children).not.toEqual([]);
    await vi.waitFor(() => expect(children.filter(isAlive)).toEqual([]), { timeout: 20_000, interval: 20 });
  });
});

describe('probe', () => {
  it('measures by threads, and gives the best', async () => {
    const { status, stdout, stderr } = await runApp('plan', ['probe', '--threads', '2', '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const result = validateBandwidthReport(JSON.parse(stdout));
    if (!result.ok) throw new Error(result.errors[0]?.message);
    const { bytesPerSecond, rates } = result.value;
    expect(rates.map(({ threads }) => threads)).toEqual([1, 2]);
    expect(bytesPerSecond).toBe(Math.max(...rates.flatMap(({ passes }) => passes)));
  });

  it('ends with the number that --bandwidth takes', async () => {
    const { stdout } = await runApp('plan', ['probe', '--threads', '1']);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^--bandwidth \d+$/);
  });
});

/** Runs `verify`, and does something as soon as it has a child. */
async function disturb(
  work: (child: number, planner: number) => void,
): Promise<{ readonly children: readonly number[]; readonly result: Awaited<ReturnType<typeof runApp>> }> {
  let children: number[] = [];
  const result = await runApp('plan', ['verify', story], {
    onSpawn(planner) {
      const { pid } = planner;
      if (pid === undefined) return;
      const poll = setInterval(() => {
        children = childrenOf(pid);
        const [child] = children;
        if (child === undefined) return;
        clearInterval(poll);
        work(child, pid);
      }, 1);
      planner.on('close', () => clearInterval(poll));
    },
  });
  return { children, result };
}

/** Processes that a process has started and that still run. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
