/** The codes of policies: what is wrong with one, and what a model does not do that it demands. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** Error table of policies. */
export const POLICY_ERRORS = {
  POLICY_SYNTAX: {
    class: 'policy',
    when: 'The policy is not JSON with comments.',
    remedy: 'Mend the policy at that place; `mirust-admit init` writes a correct one.',
  },
  POLICY_INVALID: {
    class: 'policy',
    when: 'The policy has a field that does not exist, or a value that makes no sense there.',
    remedy: 'Mend the policy; an editor completes it by its $schema.',
  },
  POLICY_FORMAT: {
    class: 'policy',
    when: 'The policy does not allow the format of the file.',
    remedy: 'Convert the model with mirust-pack, or add its format to the policy.',
  },
  POLICY_ARCHITECTURE: {
    class: 'policy',
    when: 'The policy does not allow the architecture of the model.',
    remedy: 'Use another model, or add its architecture to the policy.',
  },
  POLICY_DTYPE: {
    class: 'policy',
    when: 'The policy does not allow the type that tensors are stored in.',
    remedy: 'Convert the model with mirust-pack, or add the type to the policy.',
  },
  POLICY_SIZE: {
    class: 'policy',
    when: 'The files of the model have more bytes than the policy allows, or the model more parameters.',
    remedy: 'Quantize the model with mirust-pack, or use a smaller one.',
  },
  POLICY_MEMORY: {
    class: 'policy',
    when: 'The plan of the model needs more memory than the policy allows.',
    remedy: 'Ask mirust-plan what would make it fit: a smaller type of weights or cache, a shorter context.',
  },
  POLICY_DIGEST: {
    class: 'policy',
    when: 'The policy names the artifacts that may pass by their digests, and this is none of them.',
    remedy: 'Fetch the artifact again, or add its digest to the policy once you know where it comes from.',
  },
  POLICY_SIGNATURE: {
    class: 'provenance',
    when: 'The policy demands a signature by keys that it trusts, and there is none, or too few of them signed.',
    remedy: 'Have the model signed with mirust-admit sign, and keep the signature beside it.',
  },
  POLICY_LICENSE: {
    class: 'provenance',
    when: 'The model names no licence, or one that the policy does not allow.',
    remedy: 'Use a model under an allowed licence, or ask its maker to name one.',
  },
  POLICY_BASE_MODEL: {
    class: 'provenance',
    when: 'The model names no base model, or one that the policy does not allow.',
    remedy: 'Use a model that was made from an allowed one.',
  },
  POLICY_SOURCES: {
    class: 'provenance',
    when: 'The artifact does not name the files that it was packed from, or one of them is not among those of the policy.',
    remedy: 'Pack it again from the files that the policy names.',
  },
  POLICY_PROVENANCE: {
    class: 'provenance',
    when: 'The model does not say what the policy demands to know about where it comes from.',
    remedy: 'Pack it with mirust-pack, which records sources and recipe, from a source that names the rest.',
  },
  POLICY_PROBE: {
    class: 'behaviour',
    when: 'Greedy decoding of a probe does not give the text that the policy demands.',
    remedy: 'Look at the probe with mirust-run: the model, its tokenizer or its quantization has changed.',
  },
  POLICY_PERPLEXITY: {
    class: 'behaviour',
    when: "The perplexity of the policy's text is higher than it allows.",
    remedy: 'Use more bits for the weights, and look at the text with mirust-run eval.',
  },
  POLICY_DIVERGENCE: {
    class: 'behaviour',
    when: 'The distribution of the next token lies further from that of the reference model than the policy allows.',
    remedy: 'Use more bits for the weights, or another recipe.',
  },
  POLICY_NOT_RUN: {
    class: 'behaviour',
    when: 'The policy demands that the model is run, and it was not: there was nothing to run it with, or it could not be run.',
    remedy: 'Run mirust-admit on a machine with enough memory for the model.',
  },
} as const;

/** A code of {@link POLICY_ERRORS}. */
export type PolicyErrorCode = keyof typeof POLICY_ERRORS;

/** Makes an error of this table. */
export function policyError(code: PolicyErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, POLICY_ERRORS[code], message, context);
}
