/** Rules of GGUF: the tensor table and the data behind it. */
import { FORMAT_TENSOR_NAME_BYTES, MAX_GGUF_RANK, MAX_GGUF_TENSOR_NAME_BYTES } from '@mirust/gguf';
import { count } from './_numbers.ts';
import type { ByteRow, RuleDocs } from './rule-doc.ts';

const HEAD: readonly ByteRow[] = [
  ['"GGUF"', 'magic'],
  ['u32 3', 'version'],
  ['u64 1', 'one tensor'],
  ['u64 0', 'no metadata'],
];

/** A file of one tensor t: what stands behind its name, from its rank on. */
const tensor = (...rows: readonly ByteRow[]): ByteRow[] => [...HEAD, ['string "t"', 'its name'], ...rows];

/** A tensor of 8 values at an offset, as a row of the table. */
const row = (name: string, offset: number): ByteRow[] => [
  [`string "${name}"`, 'name'],
  ['u32 1', 'rank'],
  ['u64 8', 'dimension'],
  ['u32 0', 'type F32'],
  [`u64 ${offset}`, 'offset'],
];

const two = (first: readonly ByteRow[], second: readonly ByteRow[], data: readonly ByteRow[]): ByteRow[] => [
  ['"GGUF"', 'magic'],
  ['u32 3', 'version'],
  ['u64 2', 'tensors'],
  ['u64 0', 'no metadata'],
  ...first,
  ...second,
  ...data,
];

export const GGUF_TENSOR_DOCS: RuleDocs = {
  GGUF_NAME_LENGTH: {
    about: `A tensor must have a name, since nothing else says which one it is. The format allows ${FORMAT_TENSOR_NAME_BYTES} bytes; tools that were built with a larger limit exist, so up to ${count(MAX_GGUF_TENSOR_NAME_BYTES)} are read, the longer ones with a warning. Readers in C copy names into a buffer of fixed size, and a length that they do not check writes past its end.`,
    example: {
      input: {
        file: 'model.gguf',
        rows: [...HEAD, ['string ""', 'its name'], ...row('', 0).slice(1), ['zeros 64', 'padding and data']],
      },
      says: 'the name of tensor 0 has 0 bytes (at byte 24)',
    },
  },
  GGUF_DUPLICATE_TENSOR: {
    about:
      'Weights are found by name; with two tensors under one, it depends on the reader which of them the model has. A file can be made so that the tool that inspects it sees the weights of the original and the program that runs it those of an attacker.',
    example: {
      input: { file: 'model.gguf', rows: two(row('t', 0), row('t', 32), [['zeros 64', 'data']]) },
      says: 'tensor "t" occurs twice (at byte 57)',
    },
  },
  GGUF_RANK: {
    about: `A tensor has one to ${MAX_GGUF_RANK} dimensions, as many as ggml has room for. The rank says how many numbers follow; readers that store them in an array of four without a look at the rank let the file write behind it, which is a crash at best.`,
    example: {
      input: {
        file: 'model.gguf',
        rows: tensor(['u32 4294967295', 'rank'], ['u64 32', 'dimension'], ['u32 0', 'type F32'], ['u64 0', 'offset']),
      },
      says: 'tensor "t" has 4294967295 dimensions (at byte 33)',
    },
  },
  GGUF_DIMENSION: {
    about:
      'A dimension of 0 makes a tensor without values. Readers and planners divide by dimensions, for the length of a row or the values per head; CVE-2025-0317 is such a division by zero. No exporter writes an empty tensor.',
    example: {
      input: {
        file: 'model.gguf',
        rows: tensor(
          ['u32 2', 'rank'],
          ['u64 8', 'dimension'],
          ['u64 0', 'dimension'],
          ['u32 0', 'type F32'],
          ['u64 0', 'offset'],
        ),
      },
      says: 'tensor "t" has a dimension of 0 (at byte 45)',
    },
  },
  GGUF_TENSOR_MISALIGNED: {
    about:
      'Offsets of tensors are multiples of the alignment, so that a mapped file can be computed with where it lies. At another offset some processors fault and others are slow, and readers that round the offset themselves, in either direction, take other bytes for the first weight.',
    example: {
      input: {
        file: 'model.gguf',
        rows: tensor(['u32 1', 'rank'], ['u64 32', 'dimension'], ['u32 0', 'type F32'], ['u64 1', 'offset']),
      },
      says: 'tensor "t" starts at 1, not at a multiple of 32 (at byte 49)',
    },
  },
  GGUF_TENSOR_OUTSIDE: {
    about:
      "Offset and length of every tensor must stay inside the file. CVE-2026-7482 shows what happens otherwise: bytes of the reader's own memory were quantized into the output, for anyone to read. A plain truncated download looks the same from here; readers without the check give zeros for the missing end and run with them.",
    example: {
      input: {
        file: 'model.gguf',
        rows: tensor(
          ['u32 1', 'rank'],
          ['u64 32', 'dimension'],
          ['u32 0', 'type F32'],
          ['u64 1099511627776', 'offset, 2^40'],
        ),
      },
      says: 'tensor "t" ends at 1099511627968, the file at 57 (at byte 24)',
    },
  },
  GGUF_TENSOR_OVERLAP: {
    about:
      'Every byte belongs to one tensor at most. Tensors that share bytes make a file that is smaller than its model and that no tool can rewrite one tensor of without changing the other; with a wrapped size or a wrong alignment they arise without anyone meaning it. Exporters that share weights on purpose do so by leaving a tensor out.',
    example: {
      input: { file: 'model.gguf', rows: two(row('a', 0), row('b', 0), [['zeros 64', 'data']]) },
      says: 'tensor "b" starts at 96, inside tensor "a", which ends at 128 (at byte 57)',
    },
  },
  GGUF_TENSOR_GAP: {
    about:
      'A tensor starts where the one before it ends, rounded up to the alignment. Bytes between that belong to nothing are room for a payload: no reader looks at them, every copy of the model carries them. The reference reader computes each offset from those before and refuses a file that states another.',
    example: {
      input: { file: 'model.gguf', rows: two(row('a', 0), row('b', 64), [['zeros 102', 'padding and data']]) },
      says: 'tensor "b" starts at 160, 32 bytes behind the end of tensor "a" (at byte 57)',
    },
  },
  GGUF_TENSOR_TYPE: {
    about:
      'The size of a tensor follows from its type. For a number that is not in the table there is no size, and a reader that indexes its table with it reads behind the end. New types appear now and then, which only a newer version of this tool can know; 9999 is none of them.',
    example: {
      input: {
        file: 'model.gguf',
        rows: tensor(['u32 1', 'rank'], ['u64 32', 'dimension'], ['u32 9999', 'type'], ['u64 0', 'offset']),
      },
      says: 'tensor "t" has the unknown type 9999 (at byte 45)',
    },
  },
  GGUF_TENSOR_TYPE_REMOVED: {
    about:
      'Some types were taken out of ggml (4 and 5, and later the variants that were packed for single processors). Their numbers are never used again, but tables that are indexed by type have empty places there, and a block size of 0 is a division by zero. A file that has one is older than the format is now.',
    example: {
      input: {
        file: 'model.gguf',
        rows: tensor(['u32 1', 'rank'], ['u64 32', 'dimension'], ['u32 4', 'type, once Q4_2'], ['u64 0', 'offset']),
      },
      says: 'tensor "t" has the removed type 4 (Q4_2) (at byte 45)',
    },
  },
  GGUF_TRAILING_BYTES: {
    about:
      'Nothing reads what follows the last tensor, so it cannot change the model; but it can be anything, and it travels with the file. Some tools pad to a block of the disk, which is harmless. Look at the bytes if there are many, or if the file is to be bit for bit what someone else has published.',
    example: {
      input: { described: 'model.gguf goes on for 4,096 zeros behind its last tensor and its padding.' },
      says: '4096 bytes follow the last tensor and its padding',
    },
  },
  GGUF_TENSOR_ORDER: {
    about:
      'The reference reader wants the table in the order of the data and computes every offset from those before. A file in another order is complete and unambiguous all the same, and is read by its stated offsets; but readers that follow the reference refuse it.',
    example: {
      input: {
        described:
          'model.gguf has the tensors output_norm.weight and token_embd.weight, whose data lie the other way round.',
      },
      says: 'the tensor table is not in the order of the data, from tensor "output_norm.weight" on',
    },
  },
  GGUF_LONG_TENSOR_NAME: {
    about: `Names beyond ${FORMAT_TENSOR_NAME_BYTES} bytes come from tools that were built with a larger limit, for models with deep module paths. They are read here; in readers with the usual limit such a file is refused or, in the worst case, the name is cut, and two tensors that differ only in their last characters become one.`,
    example: {
      input: { gguf: { tensors: [[`${'long.'.repeat(12)}weight`, 'F32', [32]]] } },
      says: '1 tensor names pass 64 bytes, the first is "long.long.long.long.long.long.long.long.long.long.long.long.weight"',
    },
  },
};
