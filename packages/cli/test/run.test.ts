import { coreError } from '@mirust/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runProgram } from '../src/run.ts';
import { sampleProgram } from './_program.ts';

let written = { stdout: '', stderr: '' };

beforeEach(() => {
  written = { stdout: '', stderr: '' };
  vi.stubEnv('NO_COLOR', '1');
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation(((text: string, done?: () => void) => {
      written[name] += text;
      done?.();
      return true;
    }) as typeof process.stdout.write);
  }
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

async function statusOf(run: Parameters<typeof sampleProgram>[0], argv = ['a']): Promise<unknown> {
  await runProgram(sampleProgram(run), argv);
  return process.exitCode;
}

describe('runProgram', () => {
  it('exits with 0, or as the work says', async () => {
    expect(await statusOf(async () => {})).toBe(0);
    expect(await statusOf(async (_args, { exitWith }) => exitWith(3))).toBe(3);
    expect(written.stderr).toBe('');
  });

  it('says a mistake of ours in two lines, with status 1', async () => {
    expect(
      await statusOf(async () => {
        throw new TypeError('undefined is not a function');
      }),
    ).toBe(1);
    expect(written).toEqual({
      stdout: '',
      stderr:
        'sample: internal error: undefined is not a function\n' +
        '  This is a mistake in MiRust; please report it with this command line.\n',
    });
  });

  it('says a bad file in two lines, with the status of its class', async () => {
    expect(
      await statusOf(async () => {
        throw coreError('TRUNCATED', 'it ends', { offset: 7 });
      }),
    ).toBe(10);
    expect(written.stderr).toMatch(/^sample: TRUNCATED: it ends \(at byte 7\)\n {2}[^\n]+\n$/);
  });

  it('says wrong usage in one line, and points at the help of the command', async () => {
    expect(await statusOf(async () => {}, [])).toBe(2);
    expect(await statusOf(async () => {}, ['show'])).toBe(2);
    expect(written.stderr).toBe(
      'sample: SOURCE is missing (see sample --help)\nsample: FILE is missing (see sample show --help)\n',
    );
  });

  it('prints help and version to stdout', async () => {
    expect(await statusOf(async () => {}, ['--version'])).toBe(0);
    expect(written.stdout).toBe('1.2.3\n');
    expect(await statusOf(async () => {}, ['show', '--help'])).toBe(0);
    expect(written.stdout).toContain('sample show');
  });

  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('aborts the work on %s, and ends with its status', async (signal, status) => {
    const handlers = process.listenerCount(signal);
    const exit = await statusOf(async (_args, context) => {
      process.emit(signal, signal);
      context.signal.throwIfAborted();
    });
    expect(exit).toBe(status);
    expect(written.stderr).toBe('sample: interrupted\n');
    expect(process.listenerCount(signal)).toBe(handlers);
  });

  it('says a mistake in an event in two lines, too', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as typeof process.exit);
    const handlers = process.listeners('uncaughtException');
    await statusOf(async () => {
      const added = process.listeners('uncaughtException').filter((handler) => !handlers.includes(handler));
      for (const handler of added) handler(new TypeError('undefined is not a function'), 'uncaughtException');
    });
    expect(exit).toHaveBeenCalledExactlyOnceWith(1);
    expect(written.stderr).toMatch(/^sample: internal error: undefined is not a function\n {2}[^\n]+\n$/);
    expect(process.listeners('uncaughtException')).toEqual(handlers);
  });

  it('keeps the result of work that was done before the signal came', async () => {
    expect(await statusOf(async () => void process.emit('SIGINT', 'SIGINT'))).toBe(0);
  });

  it('leaves at once on a second signal', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
      throw new Error('left');
    });
    await statusOf(async () => {
      process.emit('SIGINT', 'SIGINT');
      expect(() => process.emit('SIGTERM', 'SIGTERM')).toThrow('left');
    });
    expect(exit).toHaveBeenCalledExactlyOnceWith(143);
  });
});
