/**
 * Command lines, by yargs: parsing, strictness and `--help` are its work (argument parsing is not what this project
 * exists for). The tables of `option.ts` are handed to it; here are only the settings that make it behave as getopt
 * does: an option that takes a value takes the next argument, dash or not; of a repeated option the last one counts.
 */
import { sanitizeText } from '@mirust/core';
import yargs, { type Argv, type Options } from 'yargs';
import { withoutTerminator } from './_end-of-options.ts';
import { valuesOf } from './_values.ts';
import { COMMON_STATUSES, EXIT_MEANINGS } from './exit-codes.ts';
import type { Option } from './option.ts';
import type { Command, Program } from './program.ts';
import { UsageError } from './usage-error.ts';

/** What a command line asks for. */
export type Invocation =
  | { readonly kind: 'run'; readonly command: Command; readonly args: Readonly<Record<string, unknown>> }
  /** `--help` or `--version`: the text to show. */
  | { readonly kind: 'show'; readonly text: string };

const PARSER_SETTINGS = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'nargs-eats-options': true,
  'parse-numbers': false,
  'parse-positional-numbers': false,
} as const;

/** Widest help: longer lines are hard to read. */
const MAX_HELP_COLUMNS = 110;

/** What yargs says about types, where the tables say more. */
const NOISE = /(?: *\[(?:array|boolean|default|required)\])+$/gm;

/** Reads a command line. Throws UsageError. */
export function parseCommandLine(program: Program, argv: readonly string[]): Invocation {
  let invocation: Invocation | undefined;
  const onRun = (command: Command, args: Readonly<Record<string, unknown>>): void => {
    invocation = { kind: 'run', command, args: valuesOf(command, args) };
  };
  let shown = '';
  let failure: Error | undefined;
  try {
    configure(program, onRun).parseSync(
      withoutTerminator(program, argv),
      {},
      (error: Error | undefined, _args: unknown, output: string) => {
        failure = error ?? undefined;
        shown = output;
      },
    );
  } catch (error) {
    // yargs trips over options that are called like what every object has (`--constructor`).
    failure = error instanceof Error ? error : new Error('the command line cannot be read');
  }
  if (failure !== undefined) throw asUsageError(failure, selectCommand(program, argv));
  if (invocation !== undefined) return invocation;
  return { kind: 'show', text: `${shown.replace(NOISE, '').trimEnd()}\n` };
}

/** The help of one command. */
export function formatHelp(program: Program, command: Command): string {
  const invocation = parseCommandLine(program, [...(command.name === '' ? [] : [command.name]), '--help']);
  return invocation.kind === 'show' ? invocation.text : '';
}

/** The command that a command line names, or the program's main one: for messages about a line that does not parse. */
export function selectCommand(program: Program, argv: readonly string[]): Command {
  return program.commands.find(({ name }) => name === argv[0]) ?? program.main;
}

/** `mirust-pack inspect`, or `mirust-pack` for the command without a name. */
export function commandName(program: Program, { name }: Command): string {
  return name === '' ? program.name : `${program.name} ${name}`;
}

function configure(program: Program, onRun: (command: Command, args: Readonly<Record<string, unknown>>) => void): Argv {
  const parser = yargs()
    .scriptName(program.name)
    .locale('en')
    .parserConfiguration(PARSER_SETTINGS)
    .wrap(Math.min(MAX_HELP_COLUMNS, process.stdout.columns ?? MAX_HELP_COLUMNS))
    .strict()
    .recommendCommands()
    .exitProcess(false)
    .showHelpOnFail(false)
    .help()
    .alias('help', 'h')
    .version(program.version);
  for (const command of [program.main, ...program.commands]) {
    parser.command({
      command: [command.name === '' ? '$0' : command.name, ...positionalSyntax(command)].join(' '),
      describe: command.summary,
      builder: (inner) => configureCommand(program, command, inner),
      handler: (args) => onRun(command, args),
    });
  }
  return parser;
}

function configureCommand(program: Program, command: Command, parser: Argv): Argv {
  for (const [name, { help, many }] of Object.entries(command.positionals)) {
    parser.positional(name, { describe: help, ...(many === true ? { array: true } : {}) });
  }
  for (const [name, option] of Object.entries(command.options)) parser.option(name, yargsOption(option));
  const examples = command.examples.map(({ arguments: line, help }): [string, string] => [
    `${program.name} ${line}`,
    help,
  ]);
  return parser.example(examples).epilogue([...namesakes(program, command), statusText(command)].join('\n\n'));
}

function positionalSyntax({ positionals }: Command): string[] {
  return Object.entries(positionals).map(([name, { optional, many }]) => {
    const inner = many === true ? `${name}..` : name;
    return optional === true ? `[${inner}]` : `<${inner}>`;
  });
}

function yargsOption(option: Option): Options {
  const alias = option.short === undefined ? {} : { alias: option.short };
  // No types: `valuesOf` knows them. yargs would show them, make numbers of `0x10`, and take no dashes into an array.
  if (option.type === 'flag') return { ...alias, nargs: 0, describe: option.help };
  return { ...alias, nargs: 1, describe: describeOption(option) };
}

function describeOption(option: Exclude<Option, { type: 'flag' }>): string {
  return option.type === 'choice' ? `${option.choices.join('|')}: ${option.help}` : `${option.value}: ${option.help}`;
}

/** How to name a file that is called like a command. */
function namesakes({ main, commands }: Program, command: Command): string[] {
  if (command !== main || commands.length === 0) return [];
  const words = commands.map(({ name }) => name).join(', ');
  return [`A file called ${words.replace(/, (?=\w+$)/, ' or ')} is given with its folder: ./${commands[0]?.name}`];
}

function statusText(command: Command): string {
  const statuses = [...COMMON_STATUSES, ...command.statuses].sort((a, b) => a - b);
  return [
    'Exit status:',
    ...statuses.map((status) => `  ${String(status).padStart(3)}  ${EXIT_MEANINGS.get(status) ?? ''}`),
  ].join('\n');
}

/** yargs' own complaints, in one line and with the name of what is missing. */
function asUsageError(error: Error, command: Command): UsageError {
  if (error instanceof UsageError) return error;
  const missing = /^Not enough non-option arguments: got (\d+)/.exec(error.message);
  if (missing !== null) {
    const name = Object.keys(command.positionals)[Number(missing[1])] ?? 'an argument';
    return new UsageError(`${name.toUpperCase()} is missing`, { cause: error });
  }
  const message = error.message.replace(/\s*\n\s*/g, ' ').trim();
  return new UsageError(sanitizeText(message, 300), { cause: error });
}
