/**
 * The frame of a command: arguments by yargs, errors as one clear line, exit statuses, Ctrl-C that leaves no debris.
 *
 * Ctrl-C aborts the signal that the work was given; whoever holds a temporary file removes it on the way out. A
 * second Ctrl-C removes temporary files at once and leaves.
 */
import { removeOpenTemporaries } from '@mirust/core/node';
import yargs, { type Argv } from 'yargs';
import { EXIT, EXIT_HELP } from './exit-codes.ts';
import { formatError } from './format-error.ts';
import { colorsFor } from './terminal.ts';

/** What a command's work is given. */
export interface CommandContext {
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Ends the process with this status when the work is done; the default is 0. */
  exitWith(code: number): void;
}

/** A command: its name and how its options and handlers are put on yargs. */
export interface CommandDefinition {
  /** As the user types it, e.g. `mirust-pack`. */
  readonly name: string;
  readonly version: string;
  readonly configure: (parser: Argv, context: CommandContext) => Argv;
}

/** Raised for wrong usage; printed as one line with a pointer to --help. */
export class UsageError extends Error {}

/** Runs a command to its end and sets the exit status of the process. Never rejects. */
export async function runCommand(definition: CommandDefinition): Promise<void> {
  const controller = new AbortController();
  let exitCode: number = EXIT.ok;
  let interrupts = 0;
  const interrupt = (): void => {
    interrupts++;
    controller.abort(new DOMException('interrupted', 'AbortError'));
    if (interrupts < 2) return;
    removeOpenTemporaries();
    process.exit(EXIT.interrupted);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  // A reader that closed the pipe (`| head`) has seen enough: that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    removeOpenTemporaries();
    process.exit(EXIT.ok);
  });
  const context: CommandContext = {
    signal: controller.signal,
    exitWith: (code) => {
      exitCode = code;
    },
  };
  try {
    await definition.configure(createParser(definition), context).parseAsync(process.argv.slice(2));
  } catch (error) {
    exitCode = report(definition.name, error);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  process.exitCode = exitCode;
}

function createParser({ name, version }: CommandDefinition): Argv {
  return yargs()
    .scriptName(name)
    .locale('en')
    .version(version)
    .help()
    .alias('help', 'h')
    .strict()
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .epilogue(EXIT_HELP)
    .fail((message, error) => {
      // yargs gives its own complaints as a message, and what a handler threw as an error.
      throw error ?? new UsageError(message);
    });
}

function report(name: string, error: unknown): number {
  const colors = colorsFor(process.stderr);
  if (error instanceof UsageError || (error instanceof Error && error.name === 'YError')) {
    process.stderr.write(`${colors.red(name)}: ${error.message.split('\n')[0]} (see ${name} --help)\n`);
    return EXIT.usage;
  }
  const { lines, exitCode } = formatError(error);
  const [first = '', ...rest] = lines;
  process.stderr.write(`${colors.red(name)}: ${first}\n${rest.map((line) => `  ${line}\n`).join('')}`);
  return exitCode;
}
