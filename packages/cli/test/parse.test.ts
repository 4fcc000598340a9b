import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../src/parse.ts';
import { UsageError } from '../src/usage-error.ts';
import { sampleProgram } from './_program.ts';

const program = sampleProgram();

function parse(...argv: readonly string[]): Readonly<Record<string, unknown>> {
  const invocation = parseCommandLine(program, argv);
  if (invocation.kind !== 'run') throw new Error(`asks for ${invocation.kind}`);
  return invocation.args;
}

const ABSENT = { stop: [], json: false, source: 'a' };

describe('values', () => {
  it.each<[string, readonly string[], object]>([
    ['a text', ['--text', 'b c'], { text: 'b c' }],
    ['a text behind "="', ['--text=b=c'], { text: 'b=c' }],
    ['an empty text', ['--text', ''], { text: '' }],
    ['an empty text behind "="', ['--text='], { text: '' }],
    ['a text that starts with a dash', ['--text', '-x'], { text: '-x' }],
    ['a text that is an option', ['--text', '--json'], { text: '--json' }],
    ['a text that ends options elsewhere', ['--stop', '--', '--json'], { stop: ['--'], json: true }],
    [
      'texts of a list that start with a dash',
      ['--stop', '-x', '--stop=--', '--stop', '--json'],
      { stop: ['-x', '--', '--json'] },
    ],
    ['quotes as they are', ['--text', '"b"'], { text: '"b"' }],
    ['words that could be other types', ['--text', 'true', '--stop', '0x10'], { text: 'true', stop: ['0x10'] }],
    ['a short name', ['-t', '-x'], { text: '-x' }],
    ['a short name and its value in one', ['-n5'], { count: 5 }],
    ['a negative number', ['--seed', '-7'], { seed: -7 }],
    ['a list, in order', ['--stop', 'a', '--stop=b', '--stop', ''], { stop: ['a', 'b', ''] }],
    ['an exponent', ['-n', '1e3'], { count: 1000 }],
    ['a fraction', ['--share', '.5'], { share: 0.5 }],
    ['the least and the most', ['--top', '1024', '--share', '1', '-n', '0'], { top: 1024, share: 1, count: 0 }],
    ['bytes', ['--budget', '1.5MiB'], { budget: 1_572_864 }],
    ['a choice', ['--kind', 'right'], { kind: 'right' }],
    ['a flag twice', ['--json', '--json'], { json: true }],
    [
      'the last of several',
      ['--seed', '1', '--seed', '2', '--kind', 'left', '--kind=right'],
      { seed: 2, kind: 'right' },
    ],
  ])('takes %s', (_name, argv, expected) => {
    expect(parse('a', ...argv)).toEqual({ ...ABSENT, ...expected });
  });

  it.each<[readonly string[], string]>([
    [['--seed', 'abc'], '--seed must be an integer; got "abc"'],
    [['--seed', '1.5'], '--seed must be an integer; got "1.5"'],
    [['--seed', '1e30'], '--seed must be an integer; got "1e30"'],
    [['--seed', '9007199254740992'], '--seed must be an integer; got "9007199254740992"'],
    [['--seed='], '--seed must be an integer; got ""'],
    [['--seed', ' 1'], '--seed must be an integer; got " 1"'],
    [['--seed', '0x10'], '--seed must be an integer; got "0x10"'],
    [['--seed', '--json'], '--seed must be an integer; got "--json"'],
    [['-n', '-5'], '--count must be an integer of at least 0; got "-5"'],
    [['--top', '1025'], '--top must be an integer from 0 to 1024; got "1025"'],
    [['--share', '0'], '--share must be a number above 0 and at most 1; got "0"'],
    [['--share', 'NaN'], '--share must be a number above 0 and at most 1; got "NaN"'],
    [['--share', 'Infinity'], '--share must be a number above 0 and at most 1; got "Infinity"'],
    [['--share', '1e999'], '--share must be a number above 0 and at most 1; got "1e999"'],
    [['--budget', '5 parsecs'], '--budget: not a byte count: "5 parsecs"'],
    [['--budget', '-1'], '--budget: not a byte count: "-1"'],
    [['--kind', 'up'], '--kind must be one of left, right; got "up"'],
    [['--kind', ''], '--kind must be one of left, right; got ""'],
    [['--path', ''], '--path must not be empty'],
    [['--text'], 'Not enough arguments following: text'],
    [['-t'], 'Not enough arguments following: t'],
    [['--json=no'], 'Argument unexpected for: json'],
    [['--no-json'], 'Unknown argument: no-json'],
    [['--jsno'], 'Unknown argument: jsno'],
    [['--\u001b[31m'], 'Unknown argument: \\u{1b}[31m'],
  ])('refuses %j', (argv, message) => {
    expect(() => parse('a', ...argv)).toThrow(UsageError);
    expect(() => parse('a', ...argv)).toThrow(message);
  });

  it('gives back any text, however it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('--text', '-t'), (text, name) => {
        expect(parse('a', name, text)).toEqual({ ...ABSENT, text });
        expect(parse('a', `--text=${text}`)).toEqual({ ...ABSENT, text });
      }),
    );
  });

  it('gives back any number, -0 as 0', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (seed) => {
        expect(parse('a', '--seed', String(seed))).toEqual({ ...ABSENT, seed });
      }),
    );
    expect(Object.is(parse('a', '--seed', '-0').seed, 0)).toBe(true);
  });
});

describe('arguments', () => {
  it('come in their order, around the options and behind "--"', () => {
    expect(parse('--json', '--', 'a', '--text')).toEqual({ stop: [], json: true, source: 'a', out: './--text' });
    expect(parse('a', '--text', '--', '--', '-b')).toEqual({ ...ABSENT, text: '--', out: './-b' });
    expect(parse('a', '--json', 'b')).toEqual({ stop: [], json: true, source: 'a', out: 'b' });
    expect(parse('show', 'a', '--deep', 'b')).toEqual({ deep: true, json: false, file: ['a', 'b'] });
  });

  it.each<[readonly string[], string]>([
    [[], 'SOURCE is missing'],
    [['--json'], 'SOURCE is missing'],
    [['a', 'b', 'c'], 'Unknown argument: c'],
    [['a', 'b', '--', 'c'], 'Unknown argument: c'],
    [[''], 'SOURCE is empty'],
    [['a', ''], 'OUT is empty'],
    [['show'], 'FILE is missing'],
    [['show', 'a', ''], 'FILE is empty'],
  ])('refuses %j', (argv, message) => {
    expect(() => parse(...argv)).toThrow(UsageError);
    expect(() => parse(...argv)).toThrow(message);
  });

  it('may be a dash, which stands for standard input or output', () => {
    expect(parse('-')).toEqual({ ...ABSENT, source: '-' });
    expect(parse('-', '--json')).toEqual({ ...ABSENT, source: '-', json: true });
  });

  it('may be called like what every object has, and leave every object as it was', () => {
    expect(parse('__proto__', 'constructor')).toMatchObject({ source: '__proto__', out: 'constructor' });
    expect(() => parse('a', '--__proto__', 'x')).toThrow(UsageError);
    expect(() => parse('a', '--constructor')).toThrow(UsageError);
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });
});

describe('commands', () => {
  const selected = (...argv: readonly string[]): unknown => {
    const invocation = parseCommandLine(program, argv);
    return invocation.kind === 'show' ? invocation.text : [invocation.kind, invocation.command.name];
  };

  it('are selected by the first word', () => {
    expect(selected('show', 'a')).toEqual(['run', 'show']);
  });

  it('are files with a folder in front, and behind "--"', () => {
    expect(selected('./show')).toEqual(['run', '']);
    expect(selected('--', 'show')).toEqual(['run', '']);
    expect(parse('--', 'show')).toEqual({ ...ABSENT, source: './show' });
  });

  it('refuse options that are not theirs', () => {
    expect(() => parse('show', 'a', '--text', 'b')).toThrow(UsageError);
    expect(() => parse('a', '--deep')).toThrow('Unknown argument: deep');
  });

  it('give their help and the version, also where arguments are missing', () => {
    expect(selected('--version')).toBe(`${program.version}\n`);
    expect(selected('show', '--help')).toContain('sample show <file..>');
    expect(selected('-h')).toContain('sample show <file..>');
  });
});
