/** The codes of this package: what the gate itself finds, beyond what the readers refuse. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** Error table of `@mirust/admission`. */
export const ADMISSION_ERRORS = {
  ADMISSION_TOKENIZER_MISSING: {
    class: 'tokenizer',
    when: 'The model brings no tokenizer, so it cannot take or give text.',
    remedy: 'Put tokenizer.json or tokenizer.model beside the weights.',
  },
  ADMISSION_ROUND_TRIP: {
    class: 'tokenizer',
    when: 'A probe text does not survive being encoded and decoded.',
    remedy: 'Use the tokenizer that was shipped with the weights.',
  },
  ADMISSION_DTYPE: {
    class: 'unsupported',
    when: 'A tensor is stored in a type that the runtime cannot compute with.',
    remedy: 'Convert the model with mirust-pack from a full-precision source.',
  },
  ADMISSION_WEIGHT_NOT_FINITE: {
    class: 'weights',
    when: 'Values of a tensor are NaN or infinite; one of them makes every result NaN.',
    remedy: 'Fetch the checkpoint again; if it is intact, its training or its conversion has failed.',
  },
  ADMISSION_WEIGHT_ZERO: {
    class: 'weights',
    when: 'All values of a tensor are 0, as if it had never been written.',
    remedy: 'Check that the export wrote this tensor.',
  },
  ADMISSION_WEIGHT_CONSTANT: {
    class: 'weights',
    when: 'All values of a matrix are the same, as if it had never been trained.',
    remedy: 'Check that the export wrote this tensor.',
  },
  ADMISSION_WEIGHT_SCALE: {
    class: 'weights',
    when: 'A matrix has a value that is more than a thousand times its typical one, as damaged scales give.',
    remedy: 'Fetch the checkpoint again; if it is intact, look at how this tensor was converted.',
  },
  ADMISSION_NOT_SCANNED: {
    class: 'weights',
    when: 'The rows of a tensor are so long that their values were not looked at.',
    remedy: 'Do not use the file unless you know why it has such rows.',
  },
  ADMISSION_UNSAFE_NEIGHBOUR: {
    class: 'policy',
    when: 'In the directory of a model or below it lie pickles, archives, programs or weights that are not its own.',
    remedy: 'Keep the safetensors, the tokenizer and the JSON files, and remove the rest.',
  },
  ADMISSION_REFUSED: {
    class: 'policy',
    when: 'A program has the gate look at a model before it loads it, and the verdict is not admitted.',
    remedy: 'Look at the whole report: mirust-admit, or onReport of the gate.',
  },
} as const;

/** A code of {@link ADMISSION_ERRORS}. */
export type AdmissionErrorCode = keyof typeof ADMISSION_ERRORS;

/** Makes an error of this package's table. */
export function admissionError(code: AdmissionErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, ADMISSION_ERRORS[code], message, context);
}

/** Codes of the gate's own remarks that are no errors, with one sentence each. */
export const ADMISSION_WARNINGS = {
  ADMISSION_SAMPLED: 'The policy has values of large tensors sampled: a part of them was not looked at.',
  ADMISSION_FINDINGS_OMITTED: 'There are more findings than a report lists. The verdict counts them all.',
} as const;
