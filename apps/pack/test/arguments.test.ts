/** The command line of mirust-pack, without starting it. */
import { formatHelp, parseCommandLine } from '@mirust/cli/testing';
import { SOURCE_KINDS } from '@mirust/integrity';
import { FIXTURE_NAMES } from '@mirust/pipeline';
import { describe, expect, it } from 'vitest';
import { FIXTURE, MANIFEST } from '../src/arguments.ts';
import { createProgram } from '../src/program.ts';

const program = createProgram('1.2.3');

describe('tables', () => {
  it('name what the packages know', () => {
    expect(FIXTURE.positionals.name.help.split(/, | or /)).toEqual(FIXTURE_NAMES);
    expect(MANIFEST.options.source.choices).toEqual(SOURCE_KINDS);
  });

  it.each([program.main, ...program.commands])('give a help with a line per option: $name', (command) => {
    const lines = formatHelp(program, command).split('\n');
    const helps = [...Object.values(command.options), ...Object.values(command.positionals), ...command.examples];
    for (const { help } of helps) expect(lines.some((line) => line.endsWith(help))).toBe(true);
    expect(command.examples.length).toBeGreaterThan(0);
  });

  it.each([program.main, ...program.commands])('have examples that parse: $name', (command) => {
    for (const { arguments: example } of command.examples) {
      // As a shell would cut it: the examples quote no blanks.
      const invocation = parseCommandLine(program, example.replaceAll("'", '').split(' '));
      expect(invocation).toMatchObject({ kind: 'run', command: { name: command.name } });
    }
  });
});

describe('mirust-pack SOURCE OUT', () => {
  it('takes the options of the scripted interface', () => {
    const argv = [
      'src',
      'out',
      '--quant',
      'q8',
      '--format',
      'slm1',
      '--dry-run',
      '--json',
      '--rule',
      'a=q4',
      '--rule=b=f32',
    ];
    expect(parseCommandLine(program, argv)).toMatchObject({
      kind: 'run',
      command: { name: '' },
      args: {
        source: 'src',
        out: 'out',
        quant: 'q8',
        format: 'slm1',
        'dry-run': true,
        json: true,
        rule: ['a=q4', 'b=f32'],
      },
    });
  });

  it.each(['f32', 'f16', 'q8', 'q4'])('takes --quant %s', (quant) => {
    expect(parseCommandLine(program, ['a', 'b', '--quant', quant])).toMatchObject({ args: { quant } });
  });

  it.each(['rows', 'interleaved'])('takes --layout %s', (layout) => {
    expect(parseCommandLine(program, ['a', 'b', '--layout', layout])).toMatchObject({ args: { layout } });
  });

  it.each([
    [['a', 'b', '--quant', 'q5'], '--quant must be one of f32, f16, q8, q4; got "q5"'],
    [['a', 'b', '--qunat', 'q8'], 'Unknown argument: qunat'],
    [['a', 'b', '--format', 'gguf'], '--format must be one of slm1, slm2; got "gguf"'],
    [['a', 'b', '--layout', 'columns'], '--layout must be one of rows, interleaved; got "columns"'],
    [['a', 'b', '--tokenizer', ''], '--tokenizer must not be empty'],
    [['manifest'], 'FILE is missing'],
    [['fixture', 'tiny'], 'OUT is missing'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseCommandLine(program, argv)).toThrow(message);
  });
});
