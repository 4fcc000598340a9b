/** The codes of this package: descriptions that no supported model can have. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** Error table of `@mirust/model`. */
export const MODEL_ERRORS = {
  MODEL_ARCHITECTURE: {
    class: 'unsupported',
    when: 'The file names an architecture that this version does not run.',
    remedy: 'Use a model of the llama family (Llama 1-3, Mistral, TinyLlama, SmolLM2).',
  },
  MODEL_FEATURE: {
    class: 'unsupported',
    when: 'The model uses a feature that would change its results and that this version does not have.',
    remedy: 'Use a model without that feature; nothing is approximated silently.',
  },
  MODEL_FIELD_MISSING: {
    class: 'contract',
    when: 'A hyperparameter that the architecture needs is absent.',
    remedy: 'Export the model again with its complete configuration.',
  },
  MODEL_FIELD_TYPE: {
    class: 'contract',
    when: 'A hyperparameter has another type than its name demands.',
    remedy: 'Correct the configuration file.',
  },
  MODEL_FIELD_RANGE: {
    class: 'contract',
    when: 'A hyperparameter lies outside the range that a model can have, or two of them contradict each other.',
    remedy: 'Correct the configuration file.',
  },
  MODEL_CONTEXT: {
    class: 'resource',
    when: 'A context was asked for that passes what the model declares.',
    remedy: 'Ask for a context within the declared one.',
  },
  MODEL_TENSOR_MISSING: {
    class: 'contract',
    when: 'A tensor that the architecture needs is absent.',
    remedy: 'Fetch or export the model again; the checkpoint is incomplete.',
  },
  MODEL_TENSOR_UNKNOWN: {
    class: 'contract',
    when: 'The file holds a tensor that has no place in the architecture.',
    remedy: 'Check that the configuration and the weights belong together.',
  },
  MODEL_TENSOR_SHAPE: {
    class: 'contract',
    when: 'A tensor has another shape than the hyperparameters demand.',
    remedy: 'Check that the configuration and the weights belong together.',
  },
} as const;

/** A code of {@link MODEL_ERRORS}. */
export type ModelErrorCode = keyof typeof MODEL_ERRORS;

/** Makes an error of this package's table. */
export function modelError(code: ModelErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, MODEL_ERRORS[code], message, context);
}
