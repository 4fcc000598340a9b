/** @packageDocumentation What the four commands share: errors, progress, tables, exit codes. */
export { type CommandContext, type CommandDefinition, runCommand, UsageError } from './command.ts';
export { EXIT, EXIT_HELP, exitCodeOf } from './exit-codes.ts';
export { type FormattedError, formatError, isAbort } from './format-error.ts';
export { createProgress, type Progress } from './progress.ts';
export { type Colors, type Column, colorsFor, formatTable, writeJson, writeStdout } from './terminal.ts';
