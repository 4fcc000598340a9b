/** @packageDocumentation What the four commands share: command lines, help, errors, progress, tables, exit statuses. */
export { type Colors, colorsFor, plainColors } from './colors.ts';
export { type Column, formatTable } from './columns.ts';
export { EXIT, exitCodeOf } from './exit-codes.ts';
export { type ArgumentsOf, type OptionTable, type OptionValues, present } from './option.ts';
export { formatJson, terminalText, writeJson, writeStdout } from './output.ts';
export { type Command, type CommandContext, defineCommand, type Program } from './program.ts';
export { withProgress } from './progress.ts';
export { packageVersion, runProgram } from './run.ts';
export { readTextFile } from './text-file.ts';
export { asUsage, UsageError } from './usage-error.ts';
