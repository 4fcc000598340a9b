/** Exit statuses of the four commands. Stable: scripts rely on them. */
import type { ErrorClass } from '@mirust/core';

/** What every command may exit with. */
export const EXIT = {
  ok: 0,
  /** A mistake in MiRust itself: please report it. */
  internal: 1,
  /** Unknown option, missing argument, value out of range. */
  usage: 2,
  /** mirust-plan: the model does not fit the budget. */
  doesNotFit: 3,
  /** mirust-admit: something could not be checked, so the file is not admitted. */
  undetermined: 4,
  /** mirust-run eval: a case did not give the expected text. */
  mismatch: 5,
  structure: 10,
  integrity: 11,
  contract: 12,
  tokenizer: 13,
  unsupported: 14,
  resource: 15,
  io: 16,
  /** Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
} as const;

/** The exit status of a class of error. */
export function exitCodeOf(errorClass: ErrorClass): number {
  return EXIT[errorClass];
}

/** The statuses as a text for `--help`. */
export const EXIT_HELP: string = [
  'Exit status: 0 success · 2 wrong usage · 130 interrupted',
  'A bad file: 10 structure · 11 integrity · 12 contract · 13 tokenizer · 14 unsupported · 15 resource · 16 input/output',
].join('\n');
