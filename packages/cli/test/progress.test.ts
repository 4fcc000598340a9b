import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgress, withProgress } from '../src/progress.ts';

const shown = vi.hoisted(() => ({ log: [] as string[] }));

vi.mock('cli-progress', () => ({
  Presets: {},
  SingleBar: class {
    start(total: number, done: number, values: { size: string }): void {
      shown.log.push(`start ${done} ${total} ${values.size}`);
    }
    update(done: number, values: { size: string }): void {
      shown.log.push(`update ${done} ${values.size}`);
    }
    stop(): void {
      shown.log.push('stop');
    }
  },
}));

const isTTY = process.stderr.isTTY;

afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = isTTY;
  shown.log = [];
});

/** Makes stderr a terminal, and the clock say what the test wants. */
function onTerminal(): { now: number } {
  process.stderr.isTTY = true;
  const clock = { now: 0 };
  vi.spyOn(performance, 'now').mockImplementation(() => clock.now);
  return clock;
}

describe('progress', () => {
  it('shows nothing where stderr is no terminal, however long the work takes', async () => {
    const clock = onTerminal();
    process.stderr.isTTY = false;
    const progress = createProgress('packing');
    clock.now = 5000;
    progress.update(1, 2);
    await vi.dynamicImportSettled();
    progress.stop();
    expect(shown.log).toEqual([]);
  });

  it('appears after a second, and goes when the work is done', async () => {
    const clock = onTerminal();
    const progress = createProgress('packing');
    progress.update(1, 2048);
    await vi.dynamicImportSettled();
    expect(shown.log).toEqual([]);
    clock.now = 1000;
    progress.update(1024, 2048);
    await vi.dynamicImportSettled();
    progress.update(2048, 2048);
    progress.stop();
    progress.stop();
    expect(shown.log).toEqual(['start 1024 2048 1.00 KiB / 2.00 KiB', 'update 2048 2.00 KiB / 2.00 KiB', 'stop']);
  });

  it('counts other things than bytes', async () => {
    const clock = onTerminal();
    const progress = createProgress('evaluating', 'documents');
    clock.now = 1000;
    progress.update(3, 60);
    await vi.dynamicImportSettled();
    progress.stop();
    expect(shown.log).toEqual(['start 3 60 3 / 60 documents', 'stop']);
  });

  it('does not appear when the work is already done', async () => {
    const clock = onTerminal();
    await withProgress('packing', async (update) => {
      clock.now = 1000;
      update(1, 1);
    });
    await vi.dynamicImportSettled();
    expect(shown.log).toEqual([]);
  });

  it('goes when the work fails', async () => {
    const clock = onTerminal();
    const work = withProgress('packing', async (update) => {
      clock.now = 1000;
      update(1, 1);
      await vi.dynamicImportSettled();
      throw new Error('failed');
    });
    await expect(work).rejects.toThrow('failed');
    expect(shown.log.at(-1)).toBe('stop');
  });
});
