/** What `--check-leaks` says of a leak: the command itself has none to show. */
import { EXIT } from '@mirust/cli';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withLedger } from '../src/leaks.ts';

afterEach(() => vi.restoreAllMocks());

/** Runs work under a ledger, and gives status and stderr too. */
async function check<T>(work: Parameters<typeof withLedger<T>>[1]): Promise<{
  readonly checked: PromiseSettledResult<Awaited<ReturnType<typeof withLedger<T>>>>;
  readonly status: number | undefined;
  readonly stderr: string;
}> {
  let stderr = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  let status: number | undefined;
  const exitWith = (code: number): void => {
    status = code;
  };
  const context = { signal: new AbortController().signal, exitWith };
  const [checked] = await Promise.allSettled([withLedger(context, work)]);
  return { checked, status, stderr };
}

describe('a leak', () => {
  it('is shown with its name, its bytes and where it was taken, and sets the status', async () => {
    const { checked, status, stderr } = await check(async (ledger) => {
      for (const name of ['a', 'b']) ledger.take({ name: `weights/${name}`, kind: 'block', bytes: 1024 });
      ledger.take({ name: 'model\u001b[2J', kind: 'memory', bytes: 4096 });
      ledger.take({ name: 'thread 0 of the engine', kind: 'thread' });
      return 'text';
    });
    expect(status).toBe(EXIT.leak);
    expect(checked).toMatchObject({
      status: 'fulfilled',
      value: { result: 'text', leaks: { taken: { bytes: 4096 } } },
    });
    expect(stderr).toMatch(/^not given back:\n {2}kind +name +bytes +where\n/);
    expect(stderr).toMatch(/\n {2}block +weights\/… \(2 blocks\) +2\.00 KiB +\S.*leaks\.test\.ts:\d+:\d+\)?\n/);
    expect(stderr).toMatch(/\n {2}thread +thread 0 of the engine +\S.*leaks\.test\.ts:\d+:\d+\)?\n/);
    expect(stderr).toMatch(/\n4 of 4 things, 4,096 bytes taken\n$/);
    expect(stderr).not.toContain('\u001b');
  });

  it('may have been given back and be reachable all the same', async () => {
    const kept = new ArrayBuffer(2048);
    const { status, stderr } = await check(async (ledger) => {
      ledger.take({ name: 'model', kind: 'memory', bytes: 2048, object: kept }).release();
    });
    expect(status).toBe(EXIT.leak);
    expect(stderr).toMatch(/^given back, and still reachable:\n.*\n {2}memory +model +2\.00 KiB /);
    expect(kept.byteLength).toBe(2048);
  });

  it('does not hide the failure that left it', async () => {
    const { checked, stderr } = await check(async (ledger) => {
      ledger.take({ name: 'a', kind: 'file' });
      throw new Error('no disk');
    });
    expect(checked).toMatchObject({ status: 'rejected', reason: new Error('no disk') });
    expect(stderr).toMatch(/^not given back:/);
  });
});
