import { CORE_ERRORS, coreError, type ErrorClass, MirustError } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import { EXIT, EXIT_MEANINGS, exitCodeOf } from '../src/exit-codes.ts';
import { formatError } from '../src/format-error.ts';
import { asUsage, UsageError } from '../src/usage-error.ts';

describe('exit statuses', () => {
  it('are stable', () => {
    expect(EXIT).toEqual({
      ok: 0,
      internal: 1,
      usage: 2,
      doesNotFit: 3,
      undetermined: 4,
      mismatch: 5,
      leak: 6,
      deviation: 7,
      structure: 10,
      integrity: 11,
      contract: 12,
      tokenizer: 13,
      unsupported: 14,
      resource: 15,
      io: 16,
      weights: 17,
      template: 18,
      policy: 19,
      provenance: 20,
      behaviour: 21,
      hangup: 129,
      interrupted: 130,
      terminated: 143,
    });
  });

  it('each have a meaning, and every class of errors has one', () => {
    expect([...EXIT_MEANINGS.keys()]).toEqual(Object.values(EXIT));
    const classes: ErrorClass[] = [
      ...(['structure', 'integrity', 'contract', 'tokenizer', 'unsupported', 'resource', 'io', 'weights'] as const),
      ...(['template', 'policy', 'provenance', 'behaviour'] as const),
    ];
    expect(classes.map(exitCodeOf)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
  });
});

describe('an error as lines', () => {
  it.each<[string, unknown, readonly string[], number]>([
    [
      'a bad file, with the place',
      coreError('TRUNCATED', 'the header ends early', { offset: 12 }),
      ['TRUNCATED: the header ends early (at byte 12)', CORE_ERRORS.TRUNCATED.remedy],
      10,
    ],
    [
      'a place beyond 2^53',
      coreError('TRUNCATED', 'it ends', { offset: 2n ** 60n }),
      ['TRUNCATED: it ends (at byte 1152921504606846976)', CORE_ERRORS.TRUNCATED.remedy],
      10,
    ],
    [
      'the file, where the message does not name it',
      coreError('TRUNCATED', 'it ends', { file: 'a.gguf', offset: 3 }),
      ['TRUNCATED: it ends (in a.gguf, at byte 3)', CORE_ERRORS.TRUNCATED.remedy],
      10,
    ],
    [
      'the file once, where the message names it',
      coreError('SOURCE_NOT_FOUND', 'a.gguf does not exist', { file: 'a.gguf' }),
      ['SOURCE_NOT_FOUND: a.gguf does not exist', 'Check the path.'],
      16,
    ],
    ['wrong usage', new UsageError('OUT is missing'), ['OUT is missing'], 2],
    ['what only the library could judge', new RangeError('no token to predict'), ['no token to predict'], 2],
    ['an abort', new DOMException('any', 'AbortError'), ['interrupted'], 130],
    [
      'a mistake of ours',
      new TypeError('x is not a function'),
      ['internal error: x is not a function', 'This is a mistake in MiRust; please report it with this command line.'],
      1,
    ],
    [
      'anything else that is thrown',
      'oops',
      ['internal error: oops', 'This is a mistake in MiRust; please report it with this command line.'],
      1,
    ],
  ])('names %s', (_name, error, lines, exitCode) => {
    expect(formatError(error)).toEqual({ lines, exitCode });
  });

  it('never shows control characters, a stack or a megabyte', () => {
    const entry = { class: 'structure', when: '', remedy: 'Stop.' } as const;
    const hostile = new MirustError('BAD', entry, `\u001b[31m\r\n\u202e${'x'.repeat(1_000_000)}`);
    const { lines } = formatError(hostile);
    expect(lines.join('\n').length).toBeLessThan(600);
    expect(lines[0]).toMatch(/^BAD: \\u\{1b\}\[31m\\u\{d\}\\u\{a\}\\u\{202e\}x+… \(1000008 characters\)$/);
    expect(lines).toHaveLength(2);
  });
});

describe('asUsage', () => {
  it('makes a RangeError wrong usage, and leaves the rest alone', () => {
    const range = new RangeError('too large');
    const other = new TypeError('no');
    expect(asUsage(() => 5)).toBe(5);
    expect(() =>
      asUsage(() => {
        throw range;
      }),
    ).toThrow(new UsageError('too large'));
    expect(() =>
      asUsage(() => {
        throw other;
      }),
    ).toThrow(other);
  });
});
