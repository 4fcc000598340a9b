/** Rules of stored values: what can be converted, and what a codec may find. */
import type { RuleDocs } from './rule-doc.ts';

export const QUANT_DOCS: RuleDocs = {
  QUANT_NOT_FINITE: {
    about:
      'Values that are to be converted must be numbers. A scale is taken from the largest magnitude of a row, so one infinity makes every other value of the row 0, and one NaN makes them all NaN: damage of a single bit spreads to thousands of weights. The rule speaks when packing; in a finished file the gate reports ADMISSION_WEIGHT_NOT_FINITE.',
    example: {
      input: { described: 'Element 1 of a tensor w, [1, 2] in f32, is NaN, and w is to be stored as q8.' },
      says: 'element 1 of w is NaN',
    },
  },
  QUANT_PADDING: {
    about:
      'Interleaved matrices are stored in panels of eight rows, and the last panel is filled up with rows of zeros. Kernels multiply these, too, and rely on the result being 0. In SLM2 the container finds such a byte first, as SLM2_PADDING; this rule guards whoever decodes a panel from elsewhere.',
    example: {
      input: {
        described: 'A tensor w of 3 rows and 5 columns in interleaved q8 has a 1 in its last byte, which is padding.',
      },
      says: 'byte 287 of w is padding and has the value 1',
    },
  },
  QUANT_SCALE: {
    about:
      'A scale that is 0, negative, infinite or NaN cannot come from an encoder, and it changes or destroys every weight of its block. The containers look for it when a file is verified, as SLM1_SCALE_VALUE and SLM2_SCALE_VALUE; this rule holds for bytes that come another way.',
    example: {
      input: { described: 'The scale of the second row of a tensor w, [2, 4] in q8, is 0.' },
      says: 'the scale at element 4 of w is 0',
    },
  },
  QUANT_RANGE: {
    about:
      'The largest finite f16 is 65,504. A weight or scale beyond that would become infinite when stored, and infinity times zero is NaN, so one outlier can take the whole model with it. It is refused when packing, where a wider type can still be chosen; models that were trained in bf16 have such outliers now and then.',
    example: {
      input: { described: 'Element 0 of a tensor w is 70,000, and w is to be stored as f16.' },
      says: 'element 0 of w is 70000, beyond the range of f16',
    },
  },
  QUANT_DTYPE: {
    about:
      'Each block format has its own arrangement of bits, scales and offsets, and only those that are implemented and tested against the reference can be decoded. The gate names such tensors as ADMISSION_DTYPE before anything is decoded; this rule is met by programs that ask the codec directly.',
    example: {
      input: { described: 'Rows of a tensor w, [1, 256] in IQ2_XXS, are to be decoded.' },
      says: 'w is stored as IQ2_XXS, which cannot be decoded',
    },
  },
};
