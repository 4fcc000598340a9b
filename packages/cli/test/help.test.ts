import { describe, expect, it } from 'vitest';
import { formatHelp } from '../src/help.ts';
import { sampleProgram } from './_program.ts';

const program = sampleProgram();

describe('--help', () => {
  it('of the command without a name shows the others, too', () => {
    expect(formatHelp(program, program.main)).toBe(`Usage: sample SOURCE [OUT] [options]

Do the main thing.

Commands:
  sample show FILE...  show files
  Each has its own --help. A file called show is given as ./NAME.

Arguments:
  SOURCE  what is read
  OUT     what is written

Options:
  -t, --text TEXT        any text
      --path PATH        a path
      --stop TEXT        any texts
  -n, --count N          how many
      --seed S           any integer
      --share P          a share
      --top K            a limit
      --budget SIZE      bytes
      --kind left|right  a side
      --json             as JSON
  -h, --help             show this help
      --version          show the version

Examples:
  # an example
  sample a.bin b.bin

${STATUSES}`);
  });

  it('of a command shows its own options and statuses', () => {
    const [show = program.main] = program.commands;
    const help = formatHelp(program, show);
    expect(help).toContain('Usage: sample show FILE... [options]\n\nShow files.\n\nArguments:\n  FILE  files\n');
    expect(help).toContain('      --deep     all of it\n      --json     as JSON\n  -h, --help     show this help\n');
    expect(help).toContain('    5  a case did not give the expected text\n');
    expect(help).not.toContain('Commands:');
  });
});

const STATUSES = `Exit status:
    0  success
    1  a mistake in MiRust itself; please report it
    2  wrong usage: an unknown option, a missing argument, a value out of range
   10  structure: the bytes do not follow the format
   11  integrity: a digest or checksum does not match
   12  contract: tensors or hyperparameters do not follow the architecture
   13  tokenizer: it is damaged, or cannot be expressed as asked
   14  unsupported: a well-formed input that is not supported
   15  resource: a limit of memory, context or size is passed
   16  input/output: a file is missing, or disk or network failed
  129  ended by SIGHUP
  130  ended by Ctrl-C (SIGINT)
  143  ended by SIGTERM
`;
