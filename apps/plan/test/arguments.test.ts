/** The command line of mirust-plan, without starting it. */
import { parseCommandLine } from '@mirust/cli/testing';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../src/program.ts';

const program = createProgram('1.2.3');

describe('mirust-plan FILE', () => {
  it('takes the options of the scripted interface', () => {
    const argv = ['f', '--context', '512', '--kv', 'f16', '--budget', '512MiB', '--chunk', '8', '--json'];
    expect(parseCommandLine(program, argv)).toMatchObject({
      args: { model: 'f', context: 512, kv: 'f16', budget: 512 * 2 ** 20, chunk: 8, json: true },
    });
  });

  it.each([
    ['512MiB', 512 * 2 ** 20],
    ['2 GiB', 2 ** 31],
    ['1.5GB', 1_500_000_000],
    ['1000', 1000],
    ['0', 0],
  ])('reads a budget of %s', (budget, bytes) => {
    expect(parseCommandLine(program, ['f', '--budget', budget])).toMatchObject({ args: { budget: bytes } });
  });

  it.each([
    [['f', '--budget', '1,5GB'], '--budget: not a byte count: "1,5GB"'],
    [['f', '--budget', '9e99TiB'], '--budget: not a byte count: "9e99TiB"'],
    [['f', '--budget', `${'9'.repeat(40)}`], '--budget: not a byte count'],
    [['f', '--context', '0'], '--context must be an integer of at least 1; got "0"'],
    [['f', '--context', '2k'], '--context must be an integer of at least 1; got "2k"'],
    [['f', '--kv', 'q4'], '--kv must be one of f32, f16, q8, q8_0, q4_0; got "q4"'],
    [['f', '--chunk', '-1'], '--chunk must be an integer of at least 1; got "-1"'],
    [['f', '--host', 'deno'], '--host must be one of none, node, chromium; got "deno"'],
    [['f', '--sequences', '0'], '--sequences must be an integer of at least 1; got "0"'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseCommandLine(program, argv)).toThrow(message);
  });
});
