/** The codes of this package: what can go wrong while loading and generating. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** Error table of `@mirust/runtime`. */
export const RUNTIME_ERRORS = {
  RUNTIME_CONTEXT: {
    class: 'resource',
    when: 'Prompt and generated tokens would pass the context that the model was loaded with.',
    remedy: 'Shorten the prompt, ask for fewer tokens, or load with a larger context.',
  },
  RUNTIME_MEMORY: {
    class: 'resource',
    when: 'The platform refuses the memory that the model needs.',
    remedy: 'Run mirust-plan with a budget: it names a smaller type, context or cache that fits.',
  },
  RUNTIME_WASM_CEILING: {
    class: 'resource',
    when: 'The model needs more memory than one 32-bit WebAssembly memory can have, 4 GiB.',
    remedy:
      'Quantize it (mirust-pack --quant q4), or take a smaller context or cache type; mirust-plan tells which fits.',
  },
  RUNTIME_UNPINNED: {
    class: 'integrity',
    when: 'A gate is to judge a model whose file could be replaced between its check and the loading.',
    remedy: 'Open the checkpoint from pinFiles(files), or pack the model: an SLM2 is held to its digests.',
  },
  RUNTIME_REFERENCE: {
    class: 'contract',
    when: 'Two models are to be compared whose vocabularies differ.',
    remedy: 'Compare a model with the one that it was made from.',
  },
  RUNTIME_THREADS: {
    class: 'unsupported',
    when: 'The threads that were asked for cannot run: no shared memory, or the platform refuses workers.',
    remedy: 'Load with one thread; in a page, send the cross-origin isolation headers and allow workers from blobs.',
  },
  RUNTIME_TAPE_FULL: {
    class: 'resource',
    when: 'A tape has less room left than a take needs.',
    remedy: 'Lay the model out again with a larger tape.',
  },
  RUNTIME_DTYPE: {
    class: 'unsupported',
    when: 'A tensor is stored in a type that the backend cannot compute with.',
    remedy: 'Convert the model with mirust-pack from a full-precision source.',
  },
  RUNTIME_BACKEND: {
    class: 'unsupported',
    when: 'The asked-for backend is not there on this platform or in this version.',
    remedy: 'Use --backend auto.',
  },
  RUNTIME_NO_TOKENIZER: {
    class: 'tokenizer',
    when: 'The file brings no tokenizer and text was to be turned into tokens.',
    remedy: 'Put tokenizer.json or tokenizer.model beside the weights, or give token ids.',
  },
} as const;

/** A code of {@link RUNTIME_ERRORS}. */
export type RuntimeErrorCode = keyof typeof RUNTIME_ERRORS;

/** Makes an error of this package's table. */
export function runtimeError(code: RuntimeErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, RUNTIME_ERRORS[code], message, context);
}
