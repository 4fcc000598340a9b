/** The codes of the Hugging Face Hub: what it answers instead of a model. The gate looks at no model there. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** What the Hub can answer instead of a model. */
export const HUB_ERRORS = {
  HUB_NOT_FOUND: {
    class: 'io',
    when: 'The Hub has no such model, revision or file.',
    remedy: 'Check the name: hf:ORG/NAME, hf:ORG/NAME@REVISION or hf:ORG/NAME/FILE.',
  },
  HUB_ACCESS: {
    class: 'io',
    when: 'The Hub does not show the model to everybody, or not to this token; for a name that does not exist it says the same.',
    remedy:
      'Check the name. For a gated or private model accept its terms on the Hub, then set HF_TOKEN to a token that may read it.',
  },
  HUB_RATE_LIMIT: {
    class: 'io',
    when: 'The Hub has had too many requests from this address or token.',
    remedy: 'Wait, then try again; with HF_TOKEN set more requests are allowed.',
  },
  HUB_UNAVAILABLE: {
    class: 'io',
    when: 'The Hub cannot be reached, has trouble of its own, or falls silent.',
    remedy: 'Check the connection and HF_ENDPOINT, then try again later.',
  },
  HUB_ANSWER: {
    class: 'io',
    when: "What the Hub's API answers is no listing of a model, or has names or sizes that no model has.",
    remedy: 'Check HF_ENDPOINT: something else than a Hub may answer there.',
  },
  HUB_CHOICE: {
    class: 'unsupported',
    when: 'The model has several files that could be meant, and none that is the usual one.',
    remedy: 'Name the file: hf:ORG/NAME/FILE.',
  },
  HUB_NO_WEIGHTS: {
    class: 'unsupported',
    when: 'The model has neither safetensors nor GGUF files. Pickles are never opened.',
    remedy:
      'Use a model that is published as safetensors or GGUF, or plan by its configuration: hf:ORG/NAME/config.json.',
  },
} as const;

/** A code of {@link HUB_ERRORS}. */
export type HubErrorCode = keyof typeof HUB_ERRORS;

/** Makes an error of this table. */
export function hubError(code: HubErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, HUB_ERRORS[code], message, context);
}
