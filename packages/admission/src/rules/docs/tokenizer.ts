/** Rules of tokenizers, whatever file they come in: vocabulary, types, ids, merges. */
import { MAX_MERGES, MAX_TOKEN_BYTES, MAX_VOCAB_SIZE } from '@mirust/tokenizer';
import { count } from './_numbers.ts';
import { tokenizerJson } from './_tokenizer-json.ts';
import type { ByteRow, ExampleInput, RuleDocs } from './rule-doc.ts';

/** A BPE1 section of 262 ids. */
const bpe1 = (tokens: number, merges: number, ...rows: readonly ByteRow[]): ExampleInput => ({
  section: 'BPE1',
  rows: [
    ['"BPE1"', 'magic'],
    ['u32 1', 'version'],
    ['u32 262', 'vocab_size'],
    ['u32 256', 'bos'],
    ['u32 257', 'eos'],
    ['u32 258', 'pad'],
    ['u32 259', 'unk'],
    [`u32 ${tokens}`, 'token records'],
    [`u32 ${merges}`, 'merge records'],
    ...rows,
  ],
});

export const TOKENIZER_DOCS: RuleDocs = {
  TOKENIZER_VOCAB_SIZE: {
    about: `A vocabulary has from 1 to ${count(MAX_VOCAB_SIZE)} tokens, four times the largest in use, and its lists of texts, scores and types are equally long. Tables are sized by the highest id, so a single entry with the id 4,000,000,000 asks for gigabytes; lists of different length make a reader go past the shorter one.`,
    example: {
      input: tokenizerJson('{"type": "BPE", "vocab": {"a": 1048576}, "merges": []}'),
      says: 'the highest id of the vocabulary is 1048576',
    },
  },
  TOKENIZER_TOKEN_LENGTH: {
    about: `The longest tokens in use are runs of a few hundred spaces or hyphens; the limit is ${count(MAX_TOKEN_BYTES)} bytes. The work per character of a text grows with it, and a length field of 2 GiB is a request for that much memory. A token that is looked for in the text must have a text at all, or it is found everywhere.`,
    example: {
      input: bpe1(1, 0, ['u32 260', 'id'], ['u32 2147483647', 'length of the token'], ['"t"', 'and the section ends']),
      says: 'token 260 has 2147483647 bytes',
    },
  },
  TOKENIZER_TOKEN_TYPE: {
    about:
      'A token is normal, unknown, control, user-defined, unused or a byte, 1 to 6. The type decides whether a text may contain the token, whether it is shown, and whether it is looked for before all others. With a made-up type a control token can become ordinary text: then what a user types can end his turn and begin that of the system.',
    example: {
      input: {
        file: 'tokenizer.model',
        rows: [
          ['hex 0a 05', 'field 1, a piece of 5 bytes'],
          ['hex 0a 01 61', 'its text, a'],
          ['hex 18 07', 'its type, 7'],
        ],
      },
      says: 'piece 0 has type 7 (at byte 2)',
    },
  },
  TOKENIZER_TOKEN_DUPLICATE: {
    about:
      'One text is one token, and one id has one text. Otherwise it depends on the order in which a reader fills its table which of two ids a text becomes; the model was trained on one of them only.',
    example: {
      input: tokenizerJson('{"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []}'),
      says: 'the id 0 is "a" and "b"',
    },
  },
  TOKENIZER_BYTE_TOKEN: {
    about:
      'Byte tokens stand for what no other token can express, and each must name one byte. Readers that convert the two digits without looking get -1 from "<0x-1>" and something else from "<0xZZ>", and have used that as an index into a table of 256: a write in front of the heap block.',
    example: {
      input: bpe1(1, 0, ['u32 65', 'id of the byte A'], ['u32 1', 'length'], ['"B"', 'its text']),
      says: 'the token record of id 65 is not the byte 65',
    },
  },
  TOKENIZER_BYTE_MISSING: {
    about:
      'A tokenizer that has neither bytes nor an unknown token cannot encode every text. Some implementations drop such characters without a word, and the model answers a question that was never asked. The gate meets it with one of its probe texts.',
    example: {
      input: tokenizerJson('{"type": "BPE", "vocab": {"a": 0}, "merges": []}'),
      says: 'the vocabulary has no token for "T"',
    },
  },
  TOKENIZER_ID_RANGE: {
    about:
      'Ids that are named for a purpose (the token that begins a text, an added token, the result of a merge) must be in the vocabulary. Beyond it they index past every table that has a row per token, the embedding among them.',
    example: {
      input: bpe1(1, 0, ['u32 300', 'id'], ['u32 1', 'length'], ['"t"', 'its text']),
      says: 'token record 0 has id 300 of 262',
    },
  },
  TOKENIZER_SCORE: {
    about:
      'Scores order the merges of a SentencePiece tokenizer. NaN is neither above nor below any number, so a heap or a sort that meets it gives an order that depends on chance: the same text has other ids on another machine, or a loop does not end.',
    example: {
      input: {
        file: 'tokenizer.model',
        rows: [
          ['hex 0a 09 0a 05 3c 75 6e 6b 3e 18 02', 'field 1, the piece <unk> of type 2, unknown'],
          ['hex 0a 08', 'field 1, a piece of 8 bytes'],
          ['hex 0a 01 61', 'its text, a'],
          ['hex 15 00 00 c0 7f', 'its score, NaN'],
          ['hex 12 02 18 02', 'field 2, the trainer: type 2, BPE'],
        ],
      },
      says: 'the score of token 1 is not a number (at byte 0)',
    },
  },
  TOKENIZER_MERGE_TOKEN: {
    about:
      'The two parts of a merge and its result must be tokens. A missing one becomes -1 or 0 in readers that look it up and do not ask; 0 is often <unk>, so a text then turns into unknown tokens at this place. It happens when a vocabulary is trimmed and the merges are not.',
    example: {
      input: tokenizerJson('{"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]}'),
      says: 'merge 0 needs the token "ab", which the vocabulary does not have',
    },
  },
  TOKENIZER_MERGE_OUTPUT: {
    about:
      'A merge puts two texts together and changes nothing. If "t" and "h" could become "k", the model would be asked something else than the user sees, and no decoder would show it. Merges that lead back to one of their own parts never end; since the result is longer than each part, this rule excludes them, too.',
    example: {
      input: bpe1(
        0,
        1,
        ['u32 116', 'left, t'],
        ['u32 104', 'right, h'],
        ['u32 116', 'output, t again'],
        ['u32 0', 'rank'],
      ),
      says: 'merge 0 makes token 116 of 116 and 104, whose text is another',
    },
  },
  TOKENIZER_MERGE_DUPLICATE: {
    about:
      'A pair has one rank and one result. With two, a reader that keeps the first and one that keeps the last split the same text differently, and both look right.',
    example: {
      input: tokenizerJson('{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b", "a b"]}'),
      says: 'merges 0 and 1 join the same pair',
    },
  },
  TOKENIZER_MERGE_SYNTAX: {
    about:
      'A merge is written as two tokens with a space between them, in newer files as a list of two. A line without a space has no second part, and a reader that splits it gets an empty text, which is found everywhere.',
    example: {
      input: tokenizerJson('{"type": "BPE", "vocab": {"a": 0}, "merges": ["aa"]}'),
      says: 'merge 0 is "aa", not two tokens',
    },
  },
  TOKENIZER_MERGE_COUNT: {
    about: `There are at most ${count(MAX_MERGES)} merges, four times the most in use. Each costs an entry in a table of pairs, so their number is what a tokenizer costs in memory; beyond the limit, ranks and positions would no longer fit into the one number that orders them.`,
    example: { input: { described: 'tokenizer.json has 2,097,153 merges.' }, says: 'there are 2097153 merges' },
  },
  TOKENIZER_MODEL: {
    about:
      'What a tokenizer says of itself must fit together: a tokenizer of bytes has no merges to ignore, a byte-level one has no byte tokens to fall back on, lists of ids rise. A contradiction is resolved one way by one reader and another way by the next, and each resolution gives other ids.',
    example: {
      input: {
        artifact: 'SLM2',
        changes: [
          {
            at: 14,
            in: ['content', 'TOKN'],
            to: ['u16 19', 'flags of a byte tokenizer: addBos, addEos, ignoreMerges'],
          },
        ],
        resealed: true,
      },
      says: 'a byte tokenizer cannot have ignoreMerges',
    },
  },
  TOKENIZER_FIELD: {
    about:
      'Every field that the tokenizer depends on is there and has the type that it must have. Tokenizer libraries have grown for years, and many take a missing field for its default; which default that is has changed between their versions, and with it the ids.',
    example: {
      input: tokenizerJson('{"type": "BPE", "vocab": {"a": "b"}, "merges": []}'),
      says: 'model.vocab must be an id, not string',
    },
  },
  TOKENIZER_UNSUPPORTED: {
    about:
      'Byte-level BPE and SentencePiece BPE are implemented, with the patterns and options that published models use. Anything else is refused by its name: a tokenizer that is almost right gives almost the same ids, and a model that reads them is a little worse everywhere and nobody finds out why.',
    example: {
      input: tokenizerJson('{"type": "Unigram", "vocab": []}'),
      says: 'model: the type "Unigram" is not supported',
    },
  },
};
