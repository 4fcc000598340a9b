/** The codes of this package: files that no reader knows, and checkpoints whose parts do not belong together. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** Error table of `@mirust/checkpoint`. */
export const CHECKPOINT_ERRORS = {
  CHECKPOINT_FORMAT: {
    class: 'unsupported',
    when: 'The file is of no format that is read. Formats are recognised by their content, from a list of allowed ones.',
    remedy: 'Give a .slm, .gguf, a Hugging Face directory with safetensors, or a llama2.c .bin file.',
  },
  CHECKPOINT_PICKLE: {
    class: 'unsupported',
    when: 'The file is a pickle or an archive that may hold one; those can run code and are never opened.',
    remedy: 'Export the model as safetensors.',
  },
  CHECKPOINT_EMPTY: {
    class: 'structure',
    when: 'The file is empty.',
    remedy: 'Fetch the file again.',
  },
  CHECKPOINT_INCOMPLETE: {
    class: 'contract',
    when: 'A file that belongs to the checkpoint is missing.',
    remedy: 'Put all files of the checkpoint into one directory.',
  },
  CHECKPOINT_TOO_LARGE: {
    class: 'structure',
    when: 'A side file of the checkpoint (configuration, index, tokenizer), or a list in one, is larger than any real one.',
    remedy: 'Check that this is the right file.',
  },
  CHECKPOINT_DTYPE: {
    class: 'unsupported',
    when: 'A tensor is stored in a type that no weight of this architecture can have.',
    remedy: 'Export the model as f32, f16 or bf16.',
  },
  CHECKPOINT_TOKENIZER: {
    class: 'tokenizer',
    when: "The tokenizer's vocabulary and the rows of the embedding do not belong together.",
    remedy: 'Use the tokenizer that was shipped with the weights.',
  },
  LLAMA2C_HEADER: {
    class: 'structure',
    when: 'The header of a llama2.c file holds values that no model can have, or that do not add up to the file.',
    remedy: 'Export the model again; the file is damaged or of another format.',
  },
  LLAMA2C_VERSION: {
    class: 'unsupported',
    when: 'The llama2.c file is of a version that is not read.',
    remedy: 'Export as version 0 or 1 (float32).',
  },
} as const;

/** A code of {@link CHECKPOINT_ERRORS}. */
export type CheckpointErrorCode = keyof typeof CHECKPOINT_ERRORS;

/** Makes an error of this package's table. */
export function checkpointError(code: CheckpointErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, CHECKPOINT_ERRORS[code], message, context);
}

/** Codes of the warnings, with one sentence each: when, and why it is not an error. */
export const CHECKPOINT_WARNINGS = {
  CHECKPOINT_TWO_WEIGHTS:
    'The directory has model.safetensors and an index of shards. The single file is taken, as Hugging Face transformers does.',
  CHECKPOINT_ROTARY_BUFFER:
    'Rotary frequencies are stored, as old exporters did. They are ignored, because they follow from the configuration.',
  CHECKPOINT_TIED_COPY:
    'The output matrix is stored though the configuration ties it to the embedding. It is ignored, as the configuration says.',
  CHECKPOINT_CHAT_TEMPLATE:
    'The chat template is longer than any real one. It is left out: nothing that is computed depends on it.',
  CHECKPOINT_END_ID:
    'An id that is to end a generation is no token of the model. It is ignored, because it can never be generated.',
} as const;

/** A code of {@link CHECKPOINT_WARNINGS}. */
export type CheckpointWarningCode = keyof typeof CHECKPOINT_WARNINGS;
