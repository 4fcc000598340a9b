/** Exit statuses of the four commands. Stable: scripts rely on them. */
import type { ErrorClass } from '@mirust/core';

/** What a command may exit with; `EXIT_MEANINGS` says when. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  doesNotFit: 3,
  undetermined: 4,
  mismatch: 5,
  leak: 6,
  deviation: 7,
  structure: 10,
  integrity: 11,
  contract: 12,
  tokenizer: 13,
  unsupported: 14,
  resource: 15,
  io: 16,
  weights: 17,
  template: 18,
  policy: 19,
  provenance: 20,
  behaviour: 21,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** What each status means, in one line for `--help`. */
export const EXIT_MEANINGS: ReadonlyMap<number, string> = new Map([
  [EXIT.ok, 'success'],
  [EXIT.internal, 'a mistake in MiRust itself; please report it'],
  [EXIT.usage, 'wrong usage: an unknown option, a missing argument, a value out of range'],
  [EXIT.doesNotFit, 'the model does not fit the budget'],
  [EXIT.undetermined, 'something could not be checked or is not known, so there is no verdict for it'],
  [EXIT.mismatch, 'a case did not give the expected text'],
  [EXIT.leak, 'something was not given back (--check-leaks)'],
  [EXIT.deviation, 'the memory that was allocated is not the planned one'],
  [EXIT.structure, 'structure: the bytes do not follow the format'],
  [EXIT.integrity, 'integrity: a digest or checksum does not match'],
  [EXIT.contract, 'contract: tensors or hyperparameters do not follow the architecture'],
  [EXIT.tokenizer, 'tokenizer: it is damaged, or cannot be expressed as asked'],
  [EXIT.unsupported, 'unsupported: a well-formed input that is not supported'],
  [EXIT.resource, 'resource: a limit of memory, context or size is passed'],
  [EXIT.io, 'input/output: a file is missing, or disk or network failed'],
  [EXIT.weights, 'weights: values that no trained model has, such as NaN'],
  [EXIT.template, 'template: the chat template cannot be used, or does what none has reason to do'],
  [EXIT.policy, 'policy: a demand of the policy is not met'],
  [EXIT.provenance, 'provenance: a signature, a licence or a source is missing or not the right one'],
  [EXIT.behaviour, 'behaviour: the model does not say what it should'],
  [EXIT.hangup, 'ended by SIGHUP'],
  [EXIT.interrupted, 'ended by Ctrl-C (SIGINT)'],
  [EXIT.terminated, 'ended by SIGTERM'],
]);

/** Statuses that every command may exit with. */
export const COMMON_STATUSES: readonly number[] = [
  EXIT.ok,
  EXIT.internal,
  EXIT.usage,
  EXIT.structure,
  EXIT.integrity,
  EXIT.contract,
  EXIT.tokenizer,
  EXIT.unsupported,
  EXIT.resource,
  EXIT.io,
  EXIT.weights,
  EXIT.hangup,
  EXIT.interrupted,
  EXIT.terminated,
];

/** The exit status of a class of error. */
export function exitCodeOf(errorClass: ErrorClass): number {
  return EXIT[errorClass];
}

/** Signals that end a command cleanly, with the status of a process that died of them: 128 + the signal's number. */
export const SIGNAL_STATUSES: ReadonlyMap<NodeJS.Signals, number> = new Map([
  ['SIGHUP', EXIT.hangup],
  ['SIGINT', EXIT.interrupted],
  ['SIGTERM', EXIT.terminated],
]);
