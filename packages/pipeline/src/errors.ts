/** The codes of this package: conversions that cannot be done exactly. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** Error table of `@mirust/pipeline`. */
export const PIPELINE_ERRORS = {
  PACK_SLM1_CANNOT_HOLD: {
    class: 'unsupported',
    when: 'SLM1 has no field for something that the model needs; it is refused, never approximated.',
    remedy: 'Pack with --format slm2.',
  },
  PACK_DTYPE: {
    class: 'unsupported',
    when: 'A tensor would have to be converted from a type that cannot be decoded.',
    remedy: 'Convert from a full-precision source, or keep the stored type.',
  },
  PACK_NO_TOKENIZER: {
    class: 'tokenizer',
    when: 'The source brings no tokenizer; an artifact without one cannot take or give text.',
    remedy: 'Put tokenizer.json, tokenizer.model or tokenizer.bin beside the weights, or name it with --tokenizer.',
  },
  PACK_UNUSED_RULE: {
    class: 'contract',
    when: 'A rule names no tensor of the model.',
    remedy: 'Correct the pattern: patterns go by canonical names, which mirust-pack inspect lists.',
  },
  PACK_NO_ARTIFACT: {
    class: 'unsupported',
    when: 'A manifest was asked for a file that is no artifact of this project.',
    remedy: 'Pack the model first; manifests describe .slm files.',
  },
} as const;

/** A code of {@link PIPELINE_ERRORS}. */
export type PipelineErrorCode = keyof typeof PIPELINE_ERRORS;

/** Makes an error of this package's table. */
export function pipelineError(code: PipelineErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, PIPELINE_ERRORS[code], message, context);
}

/** Codes of the warnings of a plan, with one sentence each: when, and why it is not an error. */
export const PIPELINE_WARNINGS = {
  PACK_SLM1_FACTS:
    'SLM1 has no place for name, licence, base model and chat template. They are left out: no token that the model computes depends on them.',
} as const;

/** A code of {@link PIPELINE_WARNINGS}. */
export type PipelineWarningCode = keyof typeof PIPELINE_WARNINGS;
