/** Rules of SLM1: header, sections, tokenizer section, checksum. */
import { SLM1_ALIGNMENT, SLM1_HEADER_BYTES, SLM1_MIN_SPECIALS, SLM1_MIN_VOCAB } from '@mirust/slm';
import type { ByteChange, ExampleInput, RuleDocs } from './rule-doc.ts';

/** An SLM1 file with other bytes. */
const changed = (...changes: readonly ByteChange[]): ExampleInput => ({ artifact: 'SLM1', changes });

export const SLM1_DOCS: RuleDocs = {
  SLM1_TRUNCATED: {
    about: `Before anything of it is believed, the ${SLM1_HEADER_BYTES} bytes of the header must be there. Such a stump comes from a download that broke at once, or from a disk that was full.`,
    example: {
      input: { described: 'model.slm is the first 107 bytes of an SLM1 file.' },
      says: 'the file has 107 bytes, less than a header',
    },
  },
  SLM1_MAGIC: {
    about:
      'The first four bytes say which container it is, and everything behind them is read by its rules alone. The gate looks at them to choose the reader, so this rule speaks where a program opens a file as SLM1 that is something else.',
    example: {
      input: { described: 'A file that starts with "SLM2" is opened as SLM1.' },
      says: 'the file starts with "SLM2"',
    },
  },
  SLM1_HEADER_FIELD: {
    about: `The numbers of the header must be those of a model that can exist: sizes from 1 up to limits far above any model, a vocabulary of at least ${SLM1_MIN_VOCAB} with at least ${SLM1_MIN_SPECIALS} special tokens, heads that divide evenly, a finite theta. All sizes of tensors and buffers are products of them; a head count of 0 is a division by zero in the first of these products.`,
    example: {
      input: changed({ at: 36, to: ['u32 0', 'head_count'] }),
      says: 'headCount is 0, but must be >= 1 (at byte 36)',
    },
  },
  SLM1_SECTION_RANGE: {
    about:
      'Each offset and length of the header is compared with the length of the file as a 64-bit number, before it becomes anything else. The sum of 2^64 - 32 and a small offset wraps to a small number and passes a careless check; what is then read lies far outside the file.',
    example: {
      input: changed({ at: 64, to: ['u64 1099511627776', 'tokenizer_offset'] }),
      says: 'tokenizer_offset is 1099511627776, the file has 8512 bytes (at byte 64)',
    },
  },
  SLM1_SECTION_PLACE: {
    about: `Header, tokenizer, directory and data follow each other, each within ${SLM1_ALIGNMENT} bytes behind the one before. A section somewhere else can lie over another, so that the same bytes are read as two things, or leave room for bytes that no reader looks at.`,
    example: {
      input: changed({ at: 64, to: ['u64 0', 'tokenizer_offset, inside the header'] }),
      says: 'the tokenizer starts at 0, but the header ends at 108 (at byte 64)',
    },
  },
  SLM1_PADDING: {
    about:
      'Bytes that only fill up to the next multiple of 64 are zero. So a file has no place to hide anything, and the same model has exactly one sequence of bytes. Readers that skip padding unseen carry along whatever stands there.',
    example: {
      input: { artifact: 'SLM1', changes: [{ at: 140, to: ['u8 1', 'padding behind the tokenizer'] }], resealed: true },
      says: 'the padding byte at 140 is 1, expected 0 (at byte 140)',
    },
  },
  SLM1_CHECKSUM_ZERO: {
    about:
      'A checksum that comes out as 0 is stored as 1, so 0 means that none was stored. Formats in which 0 stands for "do not check" let an attacker switch the check off with eight bytes; here that is not possible. A writer that died before its last step leaves a zero, too.',
    example: {
      input: changed({ at: 100, to: ['u64 0', 'checksum'] }),
      says: 'the stored checksum is zero (at byte 100)',
    },
  },
  SLM1_CHECKSUM: {
    about:
      'Every byte of the file with its position goes into 64 bits. They find damage: a flipped bit, blocks that were swapped, a hole in a download. They do not find an attacker, who can compute them anew; where that matters, use SLM2 or a signature.',
    example: {
      input: changed({ at: 100, to: ['u64 1', 'checksum'] }),
      says: 'the file has the checksum 541ab9e749454e75 (at byte 100)',
    },
  },
  SLM1_VERSION: {
    about:
      'There is one version of SLM1. A file of another may have its fields elsewhere, and to read it by the rules of this one gives numbers that look plausible and are not. A version of 16,777,216 is 1 in the other byte order.',
    example: { input: changed({ at: 4, to: ['u32 2', 'version'] }), says: 'container version 2 (at byte 4)' },
  },
  SLM1_MODEL_TYPE: {
    about:
      'The model type says which forward program the weights are for, and 1, the llama family, is the only one that was published. Another program would compute something with the same tensors, and nothing would show that the result is meaningless.',
    example: { input: changed({ at: 12, to: ['u32 0', 'model_type'] }), says: 'model type 0 (at byte 12)' },
  },
  SLM1_FLAGS: {
    about:
      'Bit 0 says that output and embedding are one matrix; the others have no meaning yet. A bit that someone defines later will change how the file must be read, so a reader that ignores bits it does not know is wrong from that day on, silently.',
    example: {
      input: changed({ at: 16, to: ['u32 2', 'flags'] }),
      says: 'flags 0x2: only bit 0 is defined (at byte 16)',
    },
  },
  SLM1_TOKENIZER_KIND: {
    about:
      'The section must be of one of the two published kinds, the byte tokenizer or byte pairs. Its first four bytes are the only sign; a reader that falls back to bytes for an unknown kind gives ids that the model was not trained on.',
    example: {
      input: changed({ at: 108, to: ['"XTOK"', 'magic of the tokenizer'] }),
      says: 'tokenizer section "XTOK" (at byte 108)',
    },
  },
  SLM1_TOKENIZER_VERSION: {
    about:
      'Both kinds of tokenizer sections have a version of their own, which is 1. Tokenizers fail quietly when they are misread: every text still becomes ids, only other ones.',
    example: {
      input: changed({ at: 112, to: ['u32 2', 'version of the tokenizer'] }),
      says: 'BTOK version 2 (at byte 112)',
    },
  },
  SLM1_TOKENIZER_LENGTH: {
    about:
      'A BTOK section has exactly 28 bytes, a BPE1 section at least its header of 36. The length stands in another place than the content, so both can disagree: a longer BTOK hides bytes, a shorter BPE1 lets a reader run on into the directory.',
    example: {
      input: changed({ at: 72, to: ['u64 27', 'tokenizer_length'] }),
      says: 'the tokenizer section has 27 bytes (at byte 108)',
    },
  },
  SLM1_TOKENIZER_VOCAB: {
    about:
      'The vocabulary size stands in the header, where the embedding gets its rows from, and in the tokenizer, where ids come from. If the second is larger, the tokenizer can give an id whose row lies behind the matrix, and the reader fetches memory that is not the model.',
    example: {
      input: changed({ at: 116, to: ['u32 261', 'vocab_size of the tokenizer'] }),
      says: 'BTOK has a vocabulary of 261, the header says 260 (at byte 116)',
    },
  },
  SLM1_CANNOT_HOLD: {
    about:
      'SLM1 has no field for rope scaling, for a sliding window, for types other than f32, q8 and q4. Packing refuses such a model instead of leaving the field away, since the file would load everywhere and compute something else. The rule belongs to the writer; no file that exists can break it.',
    example: {
      input: { described: 'A model with linear rope scaling is to be written as SLM1.' },
      says: 'SLM1 has no field for rope scaling (linear)',
    },
  },
};
