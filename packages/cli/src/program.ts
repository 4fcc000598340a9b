/** A program and its commands as data. */
import type { ArgumentsOf, OptionTable, PositionalTable } from './option.ts';

/** What a command's work is given. */
export interface CommandContext {
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  /** Ends the process with this status when the work is done; the default is 0. */
  exitWith(code: number): void;
}

/** One example of `--help`. */
export interface Example {
  /** Behind the program's name, as typed in a shell. */
  readonly arguments: string;
  readonly help: string;
}

/** A command without its types: what parsing and `--help` work on. */
export interface Command {
  /** The word that selects it; empty for the command that runs without one. */
  readonly name: string;
  /** One line: what it does. */
  readonly summary: string;
  readonly positionals: PositionalTable;
  readonly options: OptionTable;
  readonly examples: readonly Example[];
  /** Exit statuses that only this command has: see `EXIT_MEANINGS`. */
  readonly statuses: readonly number[];
  readonly run: (args: Readonly<Record<string, unknown>>, context: CommandContext) => Promise<void>;
}

/** A program: the command without a name, and the others. */
export interface Program {
  /** As the user types it, e.g. `mirust-pack`. */
  readonly name: string;
  readonly version: string;
  readonly main: Command;
  readonly commands: readonly Command[];
}

/** A command as it is written: `run` gets the types of its tables. */
export interface CommandDefinition<P extends PositionalTable, O extends OptionTable>
  extends Omit<Command, 'positionals' | 'options' | 'statuses' | 'run'> {
  readonly positionals: P;
  readonly options: O;
  readonly statuses?: readonly number[];
  readonly run: (args: ArgumentsOf<P, O>, context: CommandContext) => Promise<void>;
}

/** Forgets the types of a definition: the parser makes exactly what its tables say. */
export function defineCommand<const P extends PositionalTable, const O extends OptionTable>(
  definition: CommandDefinition<P, O>,
): Command {
  const { run, statuses = [] } = definition;
  return { ...definition, statuses, run: (args, context) => run(args as ArgumentsOf<P, O>, context) };
}
