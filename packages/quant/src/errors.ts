/** Every way in which values cannot be converted. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** The codes of this package. */
export const QUANT_ERRORS = {
  QUANT_NOT_FINITE: {
    class: 'contract',
    when: 'A weight that is to be converted is NaN or infinite.',
    remedy: 'Fetch the checkpoint again; if it is intact, its training has diverged and no conversion can help.',
  },
  QUANT_RANGE: {
    class: 'unsupported',
    when: 'A finite weight, or a scale, is beyond the range of the 16-bit type it is to be stored in.',
    remedy: 'Store this tensor as f32, or with f32 scales.',
  },
  QUANT_DTYPE: {
    class: 'unsupported',
    when: 'Values of this type cannot be decoded, or cannot be written.',
    remedy: 'Use a checkpoint in f32, f16, bf16 or one of the usual GGUF types.',
  },
  QUANT_PADDING: {
    class: 'structure',
    when: 'A byte between or behind interleaved rows that stands for no weight is not zero.',
    remedy: 'Do not use the file; pack it again from its source.',
  },
  QUANT_SCALE: {
    class: 'structure',
    when: 'A stored scale is not a positive finite number.',
    remedy: 'Do not use the file; pack it again from its source.',
  },
} as const;

/** A code of {@link QUANT_ERRORS}. */
export type QuantErrorCode = keyof typeof QUANT_ERRORS;

/** Makes an error of {@link QUANT_ERRORS}. */
export function quantError(code: QuantErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, QUANT_ERRORS[code], message, context);
}
