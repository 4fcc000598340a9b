/** Rules of SLM2: the tensor table and DATA. */
import { SLM2_MAX_NAME_BYTES, SLM2_TENSOR_ENTRY_BYTES } from '@mirust/slm';
import type { ExampleInput, RuleDocs } from './rule-doc.ts';

/** An SLM2 file with other bytes in the table entry of a tensor, digests made right again. */
const inEntry = (tensor: string, at: number, value: string, meaning: string): ExampleInput => ({
  artifact: 'SLM2',
  changes: [{ at, in: ['entry', tensor], to: [value, meaning] }],
  resealed: true,
});

export const SLM2_TENSOR_DOCS: RuleDocs = {
  SLM2_TENSOR_TABLE: {
    about: `TENS is a run of entries of ${SLM2_TENSOR_ENTRY_BYTES} bytes, then the names, in the same order and without a byte between or behind. The number of entries follows from where the names begin, so it cannot contradict the table; and no name can overlap another or hide behind the last one.`,
    example: {
      input: inEntry('layers.0.attn_norm.weight', 0, 'u32 100', 'name offset, inside the entry'),
      says: 'the names of TENS start at 100',
    },
  },
  SLM2_TENSOR_NAME: {
    about: `Names are printable ASCII without spaces, up to ${SLM2_MAX_NAME_BYTES} bytes. Letters that look alike, invisible marks and escape sequences are thereby excluded where they enter, not at each place where a name is printed; and sorting gives the same order in every language.`,
    example: {
      input: {
        described:
          'The name layers.0.attn_norm.weight in TENS has the byte 1b, escape, in the place of its first letter; all digests are right.',
      },
      says: 'a tensor is called "\\u{1b}ayers.0.attn_norm.weight" (25 bytes)',
    },
  },
  SLM2_TENSOR_ORDER: {
    about:
      'Tensors are sorted by name. So each occurs once, readers can search instead of building a table, and the layout of DATA, which has the same order, follows from names and shapes alone.',
    example: {
      input: {
        described:
          'The name output.weight in TENS reads kutput.weight, which would belong further up; all digests are right.',
      },
      says: 'kutput.weight stands behind norm.weight',
    },
  },
  SLM2_TENSOR_INTERLEAVED: {
    about:
      'Layout 1 stores eight rows woven together, in the order in which the kernels read. That is defined for matrices in q8, Q8_0, Q4_0, and q4 in blocks of 32; for anything else there is no such order, and a reader that tried would mix rows.',
    example: {
      input: inEntry('norm.weight', 11, 'u8 1', 'layout of a vector in f32'),
      says: 'norm.weight, [8] in f32, cannot have interleaved rows',
    },
  },
  SLM2_TENSOR_SHAPE: {
    about:
      'One to four dimensions, none of them 0, with a product that a double holds exactly; dimensions beyond the rank are 0. Products that wrap, such as 2^63 times 2, are how a small buffer comes to stand for a large tensor.',
    example: {
      input: inEntry('norm.weight', 16, 'u64 0', 'first dimension'),
      says: 'norm.weight has dims [0, 0, 0, 0], rank 1',
    },
  },
  SLM2_TENSOR_BLOCK: {
    about:
      'The row must be made of whole blocks, q8 has one scale per row, q4 an even number of values per scale, and all other types state neither a block size nor f16 scales. The number of scales follows from this; with a wrong size the scales of one tensor are searched in the next.',
    example: {
      input: inEntry('norm.weight', 12, 'u32 4', 'block size of a vector in f32'),
      says: 'norm.weight (f32, rows of 8) has block size 4 with f32 scales',
    },
  },
  SLM2_TENSOR_RESERVED: {
    about:
      'The last 16 bytes of an entry are kept for later versions and are zero until then. They lie inside TENS, so a digest covers them; the rule is there so that this version never misreads a later one.',
    example: {
      input: inEntry('norm.weight', 112, 'u8 1', 'reserved'),
      says: 'reserved bytes of norm.weight are not zero',
    },
  },
  SLM2_TENSOR_PLACE: {
    about:
      'Offsets and lengths of payload and scales are stated, but only the ones that follow from the tensors before are accepted. A file has no freedom here: no overlap, no gap, no tensor outside of DATA, without a separate check for each. Whoever wants to exchange a tensor has to exchange its bytes, which the digests see.',
    example: {
      input: inEntry('norm.weight', 48, 'u64 18446744073709551584', 'payload offset, 2^64 - 32'),
      says: 'the payload offset of norm.weight is 18446744073709551584, expected 9408',
    },
  },
  SLM2_DATA_LENGTH: {
    about:
      'DATA ends at the next multiple of 64 behind the last tensor. One line more would be loaded into the memory of the weights and belong to none of them.',
    example: {
      input: { described: 'DATA has 64 zeros more than its tensors need; all lengths and digests are right.' },
      says: 'the tensors end at 15744, DATA at 15808',
    },
  },
  SLM2_SCALE_VALUE: {
    about:
      'Scales are positive and finite, in f32 and in f16. The digests only prove that the file is the one that was published; this rule finds the file that was published with a NaN in it, which would reach every output within one layer.',
    example: {
      input: {
        artifact: 'SLM2',
        changes: [
          { at: 0, in: ['scales', 'layers.0.wq.weight'], to: ['hex 00 00 80 ff', 'the first scale, minus infinity'] },
        ],
        resealed: true,
      },
      says: 'scale 0 of layers.0.wq.weight is not a positive finite number',
    },
  },
  SLM2_TENSOR_DIGEST: {
    about:
      'Besides the digests of pieces, each tensor has one of its own, so that two artifacts can be compared tensor by tensor. If the pieces are right and this one is wrong, the file is intact as it was written, and its writer was wrong, or lied about which weights these are.',
    example: {
      input: inEntry('norm.weight', 80, 'u8 1', 'first byte of its SHA-256'),
      says: 'norm.weight does not have the SHA-256 of its entry',
    },
  },
  SLM2_TENSOR_DTYPE: {
    about:
      'A storage type has exactly one number: f32, q8, q4, f16, bf16 and, from 256 on, the types of ggml. Numbers of removed types, of integers, and a second number for a type that has one already are refused, since two files with the same weights must not differ in how they name a type.',
    example: {
      input: inEntry('norm.weight', 8, 'u16 9999', 'dtype'),
      says: 'norm.weight has storage type 9999',
    },
  },
  SLM2_TENSOR_LAYOUT: {
    about:
      'Layout 0 has rows one behind the other, 1 has them interleaved by eight; 2 to 255 are for later. All layouts of a tensor may have the same length, so a wrong guess would not be noticed by size: it gives a model with its weights in the wrong places.',
    example: {
      input: inEntry('norm.weight', 11, 'u8 2', 'layout'),
      says: 'norm.weight has layout 2, which is reserved',
    },
  },
};
