/**
 * Command lines. `util.parseArgs` of Node cuts them into tokens; the tables decide what is allowed. The rules are those
 * of getopt: an option that takes a value takes the next argument whatever it is (`--prompt -x`, `--stop --`),
 * `--name=value` and `-n5` work, `--` ends the options, and a command's word behind it is a file.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { sanitizeText } from '@mirust/core';
import { parseValue } from './_value.ts';
import { nearest } from './nearest.ts';
import type { Option, OptionTable } from './option.ts';
import type { Command, Program } from './program.ts';
import { UsageError } from './usage-error.ts';

/** What a command line asks for. */
export type Invocation =
  | { readonly kind: 'run'; readonly command: Command; readonly args: Readonly<Record<string, unknown>> }
  | { readonly kind: 'help'; readonly command: Command }
  | { readonly kind: 'version' };

type Tokens = NonNullable<ReturnType<typeof parseArgs>['tokens']>;

const COMMON: OptionTable = {
  help: { type: 'flag', short: 'h', help: 'show this help' },
  version: { type: 'flag', help: 'show the version' },
};

/** Options of a command with those that every command has, in the order of `--help`. */
export function optionsOf(command: Command): OptionTable {
  return { ...command.options, ...COMMON };
}

/** The command that a command line selects: by its first word, wherever the options stand, but not behind `--`. */
export function selectCommand(program: Program, argv: readonly string[]): Command {
  const word = commandWord(tokenize(program, argv));
  return program.commands.find(({ name }) => name === word) ?? program.main;
}

/** The first word that is not behind `--`: a command, or a file. */
function commandWord(tokens: Tokens): string | undefined {
  const first = tokens.find(({ kind }) => kind === 'positional' || kind === 'option-terminator');
  return first?.kind === 'positional' ? first.value : undefined;
}

/** Reads a command line. Throws UsageError. */
export function parseCommandLine(program: Program, argv: readonly string[]): Invocation {
  const command = selectCommand(program, argv);
  const tokens = tokenize(program, argv);
  const words = tokens.filter((token) => token.kind === 'positional').map(({ value }) => value);
  const given = tokens.filter((token) => token.kind === 'option');
  const asks = (name: string): boolean => given.some((token) => token.name === name);
  if (asks('help')) return { kind: 'help', command };
  if (asks('version')) return { kind: 'version' };

  const table = new Map(Object.entries(optionsOf(command)));
  const args: Record<string, unknown> = absentValues(command.options);
  for (const { name, rawName, value, inlineValue } of given) {
    const option = table.get(name);
    if (option === undefined) throw unknownOption(program, command, name, rawName);
    if (option.type === 'flag') {
      if (inlineValue === true) throw new UsageError(`${rawName} takes no value`);
      args[name] = true;
      continue;
    }
    if (value === undefined) throw new UsageError(`${rawName} needs a value`);
    const parsed = parseValue(option, rawName, value);
    args[name] = option.type === 'list' ? [...(args[name] as string[]), parsed] : parsed;
  }
  if (command === program.main) refuseMistypedCommand(program, commandWord(tokens) ?? '');
  const values = command === program.main ? words : words.slice(1);
  return { kind: 'run', command, args: { ...args, ...placePositionals(command, values) } };
}

/** An option has one shape in all commands of a program, so tokens can be cut before the command is known. */
function tokenize(program: Program, argv: readonly string[]): Tokens {
  const options: Record<string, { type: 'string' | 'boolean'; multiple: true; short?: string }> = {};
  for (const command of [program.main, ...program.commands]) {
    for (const [name, { type, short }] of Object.entries(optionsOf(command))) {
      const shape = { type: type === 'flag' ? ('boolean' as const) : ('string' as const), multiple: true as const };
      options[name] = short === undefined ? shape : { ...shape, short };
    }
  }
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function absentValues(options: OptionTable): Record<string, unknown> {
  const absent = ({ type }: Option): unknown => (type === 'flag' ? false : type === 'list' ? [] : undefined);
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, absent(option)]));
}

function unknownOption(program: Program, command: Command, name: string, rawName: string): UsageError {
  const shown = sanitizeText(rawName);
  const owner = [program.main, ...program.commands].find((other) => Object.hasOwn(other.options, name));
  if (owner !== undefined) {
    return new UsageError(
      `${shown} is an option of ${commandName(program, owner)}, not of ${commandName(program, command)}`,
    );
  }
  const meant = nearest(name, Object.keys(optionsOf(command)));
  return new UsageError(`unknown option ${shown}${meant === undefined ? '' : `, did you mean --${meant}?`}`);
}

/** `inspekt` could be a file: it is a mistyped command only where no such file exists. */
function refuseMistypedCommand(program: Program, word: string): void {
  if (!/^[a-z]+$/i.test(word)) return;
  const meant = nearest(
    word,
    program.commands.map(({ name }) => name),
  );
  if (meant === undefined || existsSync(word)) return;
  throw new UsageError(`no file and no command is called "${sanitizeText(word)}", did you mean ${meant}?`);
}

function placePositionals(command: Command, values: readonly string[]): Record<string, unknown> {
  const placed: Record<string, unknown> = {};
  let at = 0;
  for (const [name, { optional, many }] of Object.entries(command.positionals)) {
    const taken = values.slice(at, many === true ? undefined : at + 1);
    if (taken.length === 0 && optional !== true) throw new UsageError(`${name.toUpperCase()} is missing`);
    if (taken.includes('')) throw new UsageError(`${name.toUpperCase()} is empty`);
    placed[name] = many === true ? taken : taken[0];
    at += taken.length;
  }
  const extra = values[at];
  if (extra !== undefined) throw new UsageError(`unexpected argument "${sanitizeText(extra)}"`);
  return placed;
}

/** `mirust-pack inspect`, or `mirust-pack` for the command without a name. */
export function commandName(program: Program, { name }: Command): string {
  return name === '' ? program.name : `${program.name} ${name}`;
}
