/** The command lines of mirust-run, without starting it. */
import { formatHelp, parseCommandLine } from '@mirust/cli/testing';
import { createSampler } from '@mirust/runtime';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../src/program.ts';

const program = createProgram('1.2.3');

function values(...argv: string[]): Readonly<Record<string, unknown>> {
  const invocation = parseCommandLine(program, argv);
  if (invocation.kind !== 'run') throw new Error('no command was run');
  return invocation.args;
}

describe('help', () => {
  it.each([program.main, ...program.commands])('has a line per option: $name', (command) => {
    const lines = formatHelp(program, command).split('\n');
    const helps = [...Object.values(command.options), ...Object.values(command.positionals), ...command.examples];
    for (const { help } of helps) expect(lines.some((line) => line.endsWith(help))).toBe(true);
    for (const { arguments: example } of command.examples) {
      const invocation = parseCommandLine(program, example.replaceAll(/ "[^"]*"/g, ' text').split(' '));
      expect(invocation).toMatchObject({ kind: 'run', command: { name: command.name } });
    }
  });
});

describe('mirust-run FILE', () => {
  it('takes the options of the scripted interface', () => {
    const argv =
      'f --prompt p --max-tokens 9 --temperature 0.8 --top-k 5 --top-p 0.9 --seed -3 --stop a --stop b --threads 2 --backend auto --json';
    expect(values(...argv.split(' '))).toMatchObject({
      file: 'f',
      prompt: 'p',
      'max-tokens': 9,
      temperature: 0.8,
      'top-k': 5,
      'top-p': 0.9,
      seed: -3,
      stop: ['a', 'b'],
      threads: 2,
      backend: 'auto',
      json: true,
    });
  });

  it.each([
    [['--prompt', '-x'], { prompt: '-x' }],
    [['--prompt', ''], { prompt: '' }],
    [['-p', '--json'], { prompt: '--json', json: false }],
    [['--stop', '--', '--stop', '-n'], { stop: ['--', '-n'] }],
    [['--seed', '1', '--seed', '2'], { seed: 2 }],
    [['-n5'], { 'max-tokens': 5 }],
    [['-n', '1e9'], { 'max-tokens': 1_000_000_000 }],
  ])('takes %j', (argv, expected) => {
    expect(values('f', ...argv)).toMatchObject(expected);
  });

  it.each([
    [['--seed', 'abc'], '--seed must be an integer; got "abc"'],
    [['--seed', '1e30'], '--seed must be an integer; got "1e30"'],
    [['--temperature', '-1'], '--temperature must be a number of at least 0; got "-1"'],
    [['--temperature', 'NaN'], '--temperature must be a number of at least 0; got "NaN"'],
    [['--temperature', 'Infinity'], '--temperature must be a number of at least 0; got "Infinity"'],
    [['--max-tokens', '-5'], '--max-tokens must be an integer of at least 0; got "-5"'],
    [['--max-tokens', '1.5'], '--max-tokens must be an integer of at least 0; got "1.5"'],
    [['--top-k', '1025'], '--top-k must be an integer from 0 to 1024; got "1025"'],
    [['--top-p', '0'], '--top-p must be a number above 0 and at most 1; got "0"'],
    [['--min-p', '2'], '--min-p must be a number from 0 to 1; got "2"'],
    [['--repetition-penalty', '0'], '--repetition-penalty must be a number above 0; got "0"'],
    [['--context', '0'], '--context must be an integer of at least 1; got "0"'],
    [['--threads', '0'], '--threads must be an integer of at least 1; got "0"'],
    [['--chunk', '0'], '--chunk must be an integer of at least 1; got "0"'],
    [['--kv', 'q4'], '--kv must be one of f32, f16, q8; got "q4"'],
    [['--backend', 'gpu'], '--backend must be one of auto, reference, wasm; got "gpu"'],
    [['--stop', ''], '--stop must not be empty'],
    [['--tokenizer', ''], '--tokenizer must not be empty'],
    [['--text', 'x'], 'Unknown argument'],
    [['g'], 'Unknown argument: g'],
  ])('refuses %j', (argv, message) => {
    expect(() => values('f', ...argv)).toThrow(message);
  });

  it('allows exactly what the sampler takes, at the limits', () => {
    const samplers = [
      ['--temperature', '0'],
      ['--top-k', '0'],
      ['--top-k', '1024'],
      ['--top-p', '1'],
      ['--top-p', '5e-324'],
      ['--min-p', '0'],
      ['--min-p', '1'],
      ['--repetition-penalty', '5e-324'],
      ['--seed', String(Number.MIN_SAFE_INTEGER)],
      ['--seed', String(Number.MAX_SAFE_INTEGER)],
    ];
    for (const argv of samplers) {
      const args = values('f', ...argv);
      const camel = (name: string): string => name.replace(/-(.)/g, (_match, letter: string) => letter.toUpperCase());
      const options = Object.entries(args).filter(([name, value]) => argv[0] === `--${name}` && value !== undefined);
      expect(options).toHaveLength(1);
      expect(() =>
        createSampler(Object.fromEntries(options.map(([name, value]) => [camel(name), value]))),
      ).not.toThrow();
    }
    // One step further the sampler refuses, too, so the limits are the same.
    for (const bad of [
      { topK: 1025 },
      { topK: -1 },
      { topP: 0 },
      { minP: 1.1 },
      { temperature: -0.1 },
      { repetitionPenalty: 0 },
    ]) {
      expect(() => createSampler(bad)).toThrow(RangeError);
    }
  });
});

describe('mirust-run tokens and eval', () => {
  it('take the options of the scripted interface', () => {
    expect(values('tokens', 'f', '--text', '', '--no-special', '--json')).toMatchObject({
      file: 'f',
      text: '',
      'text-file': undefined,
      'no-special': true,
      json: true,
    });
    expect(values('eval', 'f', '--text-file', 't', '--json')).toMatchObject({
      file: 'f',
      'text-file': 't',
      json: true,
    });
  });

  it('are files with a folder in front or behind "--"', () => {
    expect(values('./tokens')).toMatchObject({ file: './tokens', stop: [] });
    expect(values('--', 'eval')).toMatchObject({ file: './eval', stop: [] });
  });
});
