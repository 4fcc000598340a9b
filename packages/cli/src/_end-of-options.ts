/**
 * `--`: what follows is a file, whatever it is called. yargs gives commands nothing that stands behind it, so such
 * files are named in a way that needs no `--`.
 */
import type { Program } from './program.ts';

/** The command line without `--`: files behind it that look like an option or a command get `./` in front. */
export function withoutTerminator(program: Program, argv: readonly string[]): string[] {
  const takingValues = valueOptions(program);
  let end = 0;
  // The argument of an option is no terminator: `--stop --`.
  while (end < argv.length && argv[end] !== '--') end += takingValues.has(argv[end] ?? '') ? 2 : 1;
  const words = new Set(program.commands.map(({ name }) => name));
  const files = argv.slice(end + 1).map((file) => (file.startsWith('-') || words.has(file) ? `./${file}` : file));
  return [...argv.slice(0, end), ...files];
}

/** As they are typed, of all commands: an option has one shape in all of them. */
function valueOptions({ main, commands }: Program): Set<string> {
  const options = [main, ...commands].flatMap((command) => Object.entries(command.options));
  const names = options.flatMap(([name, { type, short }]) => {
    return type === 'flag' ? [] : [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
  });
  return new Set(names);
}
