/** The command line of mirust-admit, without starting it. */
import { formatHelp, parseCommandLine } from '@mirust/cli/testing';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../src/program.ts';

const program = createProgram('1.2.3');

describe('mirust-admit FILE…', () => {
  it('takes several files, and --json wherever it stands', () => {
    expect(parseCommandLine(program, ['a', '--json', 'b'])).toMatchObject({ args: { file: ['a', 'b'], json: true } });
    expect(parseCommandLine(program, ['a'])).toMatchObject({ args: { file: ['a'], json: false } });
    expect(parseCommandLine(program, ['--', '--json'])).toMatchObject({ args: { file: ['./--json'], json: false } });
  });

  it.each([
    [[], 'FILE is missing'],
    [['a', ''], 'FILE is empty'],
    [['a', '--strict'], 'Unknown argument: strict'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseCommandLine(program, argv)).toThrow(message);
  });

  it('has a help that names its own status', () => {
    expect(formatHelp(program, program.main)).toContain(
      '    4  something could not be checked or is not known, so there is no verdict for it\n',
    );
  });
});
