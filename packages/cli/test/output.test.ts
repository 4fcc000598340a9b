import { isMirustError } from '@mirust/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { colorsFor } from '../src/colors.ts';
import { formatJson, terminalText, writeStdout } from '../src/output.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('formatJson', () => {
  it('writes invisible characters as escapes', () => {
    expect(formatJson({ a: '\u001b[31m\u202e\u2028\u{e0001}é' })).toBe(
      '{\n  "a": "\\u001b[31m\\u202e\\u2028\\udb40\\udc01é"\n}',
    );
  });

  it('loses nothing, and shows nothing invisible', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = formatJson(value);
        // -0 is 0 in JSON.
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(/[^\P{C}\n]/u);
      }),
    );
  });
});

describe('terminalText', () => {
  it('shows what could move the cursor, and leaves text alone', () => {
    expect(terminalText('a\tb\n\u001b[2J\u0007\r\u009b\u202e')).toBe('a\tb\n\\u{1b}[2J\\u{7}\\u{d}\\u{9b}\\u{202e}');
    expect(terminalText('Zoë 👩‍🚀 שלום')).toBe('Zoë 👩‍🚀 שלום');
  });
});

describe('writeStdout', () => {
  /** Makes every write to stdout end with this error. */
  function answer(code: string | undefined): void {
    vi.spyOn(process.stdout, 'write').mockImplementation(((_text: string, done: (error?: Error | null) => void) => {
      done(code === undefined ? null : Object.assign(new Error(code), { code }));
      return true;
    }) as typeof process.stdout.write);
  }

  it('says whether somebody still reads', async () => {
    answer(undefined);
    expect(await writeStdout('x')).toBe(true);
    answer('EPIPE');
    expect(await writeStdout('x')).toBe(false);
    answer('ERR_STREAM_DESTROYED');
    expect(await writeStdout('x')).toBe(false);
  });

  it.each([
    ['ENOSPC', 'SINK_NO_SPACE', 'no space is left for standard output (ENOSPC)'],
    ['EDQUOT', 'SINK_NO_SPACE', 'no space is left for standard output (EDQUOT)'],
    ['EIO', 'SINK_WRITE', 'standard output could not be written (EIO)'],
  ])('names %s', async (code, expected, message) => {
    answer(code);
    const error = await writeStdout('x').catch((reason: unknown) => reason);
    expect(isMirustError(error, expected) && error.message).toBe(message);
  });
});

describe('colours', () => {
  const stream = (isTTY: boolean): NodeJS.WriteStream => ({ isTTY }) as NodeJS.WriteStream;

  it.each([
    [true, {}, true],
    [false, {}, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '0' }, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    [true, { TERM: 'dumb' }, false],
  ])('on a terminal: %s, with %j: %s', (isTTY, env, expected) => {
    for (const [name, value] of Object.entries({ NO_COLOR: '', FORCE_COLOR: '', TERM: 'xterm', ...env })) {
      vi.stubEnv(name, value);
    }
    expect(colorsFor(stream(isTTY)).red('x') !== 'x').toBe(expected);
  });
});
