/**
 * Runs a program: command line, command, exit status. Errors are one clear line, Ctrl-C leaves no debris.
 *
 * A signal aborts the work; whoever holds a temporary file removes it on the way out. A second signal removes temporary
 * files at once and leaves.
 */
import { readFileSync } from 'node:fs';
import { removeOpenTemporaries } from '@mirust/core/node';
import { colorsFor } from './colors.ts';
import { EXIT, SIGNAL_STATUSES } from './exit-codes.ts';
import { formatError, isAbort } from './format-error.ts';
import { silenceStreamErrors, writeStdout } from './output.ts';
import { commandName, type Invocation, parseCommandLine, selectCommand } from './parse.ts';
import type { Program } from './program.ts';
import { UsageError } from './usage-error.ts';

/** The version in the package.json above a program's main module, given that module's `import.meta.url`. */
export function packageVersion(mainUrl: string): string {
  const text = readFileSync(new URL('../package.json', mainUrl), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Runs a program to its end and sets the exit status of the process. Never rejects. */
export async function runProgram(program: Program, argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  silenceStreamErrors();
  const controller = new AbortController();
  let endedBy: number | undefined;
  const end = (signal: NodeJS.Signals): void => {
    const status = SIGNAL_STATUSES.get(signal) ?? EXIT.interrupted;
    if (endedBy !== undefined) {
      removeOpenTemporaries();
      process.exit(status);
    }
    endedBy = status;
    controller.abort(new DOMException('interrupted', 'AbortError'));
  };
  for (const signal of SIGNAL_STATUSES.keys()) process.on(signal, end);
  // Outside the work's own promise, in an event of a stream, say: a mistake of ours, and still no stack trace.
  const crash = (error: unknown): void => {
    removeOpenTemporaries();
    process.exit(report(program, argv, error));
  };
  process.on('uncaughtException', crash);
  let exitCode: number = EXIT.ok;
  const exitWith = (code: number): void => {
    exitCode = code;
  };
  try {
    await invoke(parseCommandLine(program, argv), { signal: controller.signal, exitWith });
  } catch (error) {
    exitCode = report(program, argv, error);
    if (isAbort(error)) exitCode = endedBy ?? exitCode;
  } finally {
    for (const signal of SIGNAL_STATUSES.keys()) process.off(signal, end);
    process.off('uncaughtException', crash);
  }
  process.exitCode = exitCode;
}

async function invoke(
  invocation: Invocation,
  context: { readonly signal: AbortSignal; readonly exitWith: (code: number) => void },
): Promise<void> {
  if (invocation.kind === 'show') await writeStdout(invocation.text);
  else await invocation.command.run(invocation.args, context);
}

function report(program: Program, argv: readonly string[], error: unknown): number {
  const colors = colorsFor(process.stderr);
  const { lines, exitCode } = formatError(error);
  const [first = '', ...rest] = lines;
  const pointer =
    error instanceof UsageError ? ` (see ${commandName(program, selectCommand(program, argv))} --help)` : '';
  process.stderr.write(
    `${colors.red(program.name)}: ${first}${pointer}\n${rest.map((line) => `  ${line}\n`).join('')}`,
  );
  return exitCode;
}
