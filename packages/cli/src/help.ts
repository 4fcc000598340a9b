/** `--help`, from the tables: usage, arguments, options a line each, examples, exit statuses. */

import { formatColumns } from './columns.ts';
import { COMMON_STATUSES, EXIT_MEANINGS } from './exit-codes.ts';
import type { Option } from './option.ts';
import { commandName, optionsOf } from './parse.ts';
import type { Command, Program } from './program.ts';

/** The help of one command. */
export function formatHelp(program: Program, command: Command): string {
  const sections = [
    [`Usage: ${usageOf(program, command)} [options]`, '', capitalised(command.summary)],
    command === program.main ? otherCommands(program) : [],
    section(
      'Arguments:',
      Object.entries(command.positionals).map(([name, { help }]) => [name.toUpperCase(), help]),
    ),
    section(
      'Options:',
      Object.entries(optionsOf(command)).map(([name, option]) => [synopsis(name, option), option.help]),
    ),
    [
      'Examples:',
      ...command.examples.flatMap((example) => [`  # ${example.help}`, `  ${program.name} ${example.arguments}`]),
    ],
    section('Exit status:', statusRows(command)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function usageOf(program: Program, command: Command): string {
  const positionals = Object.entries(command.positionals).map(([name, { optional, many }]) => {
    const shown = `${name.toUpperCase()}${many === true ? '...' : ''}`;
    return optional === true ? `[${shown}]` : shown;
  });
  return [commandName(program, command), ...positionals].join(' ');
}

function otherCommands(program: Program): string[] {
  if (program.commands.length === 0) return [];
  const rows = program.commands.map((command) => [usageOf(program, command), command.summary]);
  const words = program.commands.map(({ name }) => name).join(', ');
  return [
    ...section('Commands:', rows),
    `  Each has its own --help. A file called ${words.replace(/, (?=\w+$)/, ' or ')} is given as ./NAME.`,
  ];
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [title, ...formatColumns(rows).map((line) => `  ${line}`)];
}

/** `-p, --prompt TEXT`; names line up whether or not there is a short one. */
function synopsis(name: string, option: Option): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  if (option.type === 'flag') return `${short}--${name}`;
  return `${short}--${name} ${option.type === 'choice' ? option.choices.join('|') : option.value}`;
}

function statusRows(command: Command): string[][] {
  const statuses = [...COMMON_STATUSES, ...command.statuses].sort((a, b) => a - b);
  return statuses.map((status) => [String(status).padStart(3), EXIT_MEANINGS.get(status) ?? '']);
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
