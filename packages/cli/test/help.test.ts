import { describe, expect, it } from 'vitest';
import { formatHelp } from '../src/parse.ts';
import { sampleProgram } from './_program.ts';

const program = sampleProgram();

describe('--help', () => {
  it('of the command without a name shows the others, arguments, options, examples and statuses', () => {
    const help = formatHelp(program, program.main);
    for (const part of [
      'sample <source> [out]',
      'do the main thing',
      'sample show <file..>',
      'what is read',
      '-t, --text',
      'TEXT: any text',
      'left|right: a side',
      'sample a.bin b.bin',
      'A file called show is given with its folder: ./show',
      'Exit status:',
      '  10  structure: the bytes do not follow the format',
      '  130  ended by Ctrl-C (SIGINT)',
    ]) {
      expect(help).toContain(part);
    }
    expect(help).not.toContain('a case did not give');
    // Types would be noise: the placeholders say more.
    expect(help).not.toMatch(/\[(?:array|boolean|default|required|string)\]/);
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  it('of a command shows its own options and statuses', () => {
    const [show = program.main] = program.commands;
    const help = formatHelp(program, show);
    expect(help).toContain('sample show <file..>');
    expect(help).toContain('--deep');
    expect(help).toContain('  5  a case did not give the expected text');
    expect(help).not.toContain('--text');
  });
});
