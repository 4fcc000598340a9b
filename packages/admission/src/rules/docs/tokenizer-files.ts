/** Rules of the files and sections that hold a tokenizer. */
import type { RuleDocs } from './rule-doc.ts';

export const TOKENIZER_FILE_DOCS: RuleDocs = {
  BTOK_INVALID: {
    about:
      'The byte tokenizer has nothing to choose: 28 bytes, of which every one is prescribed. A section with another id for the start of a text would be read by one program as it stands and by another as it is always.',
    example: {
      input: { artifact: 'SLM1', changes: [{ at: 120, to: ['u32 0', 'bos of the tokenizer'] }], resealed: true },
      says: 'bos is 0, not 256 (at byte 120)',
    },
  },
  BPE1_INVALID: {
    about:
      'Counts of a BPE1 section must fit into it, ids with a role lie behind the bytes, and it ends with its last merge. The counts are held against the length before anything is sized by them; bytes behind the end belong to nothing and could be anything.',
    example: {
      input: {
        section: 'BPE1',
        rows: [
          ['"BPE1"', 'magic'],
          ['u32 1', 'version'],
          ['u32 262', 'vocab_size'],
          ['u32 256', 'bos'],
          ['u32 257', 'eos'],
          ['u32 258', 'pad'],
          ['u32 259', 'unk'],
          ['u32 0', 'token records'],
          ['u32 0', 'merge records'],
          ['u8 0', 'one byte more'],
        ],
      },
      says: '1 bytes lie behind the last merge',
    },
  },
  BPE1_NOT_EXPRESSIBLE: {
    about:
      'BPE1 merges bytes by rank, with one token in front of every text and one behind it, and does nothing else: it has no pattern that cuts a text first, no normalization, no tokens that are looked for. A tokenizer that differs would give other ids in SLM1 than in its source, so packing refuses it. No file can break this rule, only a request to write one.',
    example: {
      input: {
        described:
          'A tokenizer of byte pairs that puts no token in front of a text is to be written into an SLM1 file.',
      },
      says: 'SLM1 cannot hold this tokenizer: a prompt does not start with BOS',
    },
  },
  TOKN_INVALID: {
    about:
      'Places of all parts of a TOKN section follow from the counts in its header, and together they must give its length. So no offset in the file has to be believed, and no part can lie over another or behind the end.',
    example: {
      input: {
        artifact: 'SLM2',
        changes: [{ at: 0, in: ['content', 'TOKN'], to: ['"XOKN"', 'magic'] }],
        resealed: true,
      },
      says: 'the section does not start with TOKN',
    },
  },
  TOKN_VERSION: {
    about:
      'Version, flags and names of algorithms are numbers from closed lists. One that is not on the list stands for something that this version cannot do; to leave it out would change ids without any sign of it.',
    example: {
      input: {
        artifact: 'SLM2',
        changes: [{ at: 4, in: ['content', 'TOKN'], to: ['u32 2', 'version'] }],
        resealed: true,
      },
      says: 'TOKN has version 2, not 1',
    },
  },
  SENTENCEPIECE_INVALID: {
    about:
      'A tokenizer.model is a protocol buffer: fields with a number, a wire type and a length each. A parser that meets an unknown wire type cannot know where the next field begins, and one that trusts a length reads past its buffer. A file that was saved as text, or a Git LFS pointer, ends here as well.',
    example: {
      input: { file: 'tokenizer.model', rows: [['hex 0b', 'field 1 of wire type 3, a group']] },
      says: 'field 1 has the wire type 3 (at byte 0)',
    },
  },
  LLAMA2C_INVALID: {
    about:
      'A tokenizer.bin says neither what it is nor how many tokens it has; the size comes from the model beside it. Therefore what can be checked is: the first three tokens, the 256 byte tokens in their places, each length, and that the file ends with the last token. A tokenizer of another model fails at one of them.',
    example: {
      input: {
        file: 'tokenizer.bin',
        rows: [
          ['u32 6', 'longest token'],
          ['f32 0', 'score of the first token'],
          ['u32 5', 'its length'],
          ['"<pad>"', 'its text'],
          ['zeros 2072', 'all others'],
        ],
      },
      says: 'token 0 is not <unk> (at byte 4)',
    },
  },
};
