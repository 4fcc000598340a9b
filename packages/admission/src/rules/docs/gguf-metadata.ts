/** Rules of GGUF: keys and values of the metadata. */
import { MAX_GGUF_ALIGNMENT, MAX_GGUF_KEY_BYTES, MIN_GGUF_ALIGNMENT } from '@mirust/gguf';
import { count, size } from './_numbers.ts';
import type { ByteRow, RuleDocs } from './rule-doc.ts';

/** The start of a file with so many metadata entries and no tensor. */
const head = (entries: string): ByteRow[] => [
  ['"GGUF"', 'magic'],
  ['u32 3', 'version'],
  ['u64 0', 'no tensors'],
  ['u64 1', entries],
];

export const GGUF_METADATA_DOCS: RuleDocs = {
  GGUF_KEY_LENGTH: {
    about: `The format allows keys of up to ${count(MAX_GGUF_KEY_BYTES)} bytes. Real ones have a few dozen, and no tool that looks a key up can mean an empty one. A key of another length comes from a damaged length field, behind which everything is read at the wrong place, or is meant to flood a log.`,
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ...head('one metadata entry'),
          ['string ""', 'its key'],
          ['u32 10', 'its type, u64'],
          ['u64 0', 'its value'],
        ],
      },
      says: 'metadata key 0 has 0 bytes (at byte 24)',
    },
  },
  GGUF_DUPLICATE_KEY: {
    about:
      'With two values under one key a reader that takes the first and one that takes the last run different models: another alignment, another chat template, another id that ends a text. Whoever inspects the file may be shown the harmless one. The metadata are kept in a map of their own, so that a key such as __proto__ is a key like any other.',
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ['"GGUF"', 'magic'],
          ['u32 3', 'version'],
          ['u64 0', 'no tensors'],
          ['u64 2', 'metadata entries'],
          ['string "k"', 'key'],
          ['u32 0', 'type u8'],
          ['u8 0', 'value'],
          ['string "k"', 'the same key'],
          ['u32 0', 'type u8'],
          ['u8 1', 'another value'],
        ],
      },
      says: 'the metadata key "k" occurs twice (at byte 38)',
    },
  },
  GGUF_VALUE_TYPE: {
    about:
      'The types 0 to 12 are all that there are. The length of a value follows from its type, so behind an unknown one nothing in the file has a known place; a reader that guesses a length, or indexes a table of sizes without looking, goes on with bytes that mean something else.',
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ...head('one metadata entry'),
          ['string "k"', 'its key'],
          ['u32 13', 'its type'],
          ['u64 0', 'its value'],
        ],
      },
      says: 'the value of "k" has type 13 (at byte 33)',
    },
  },
  GGUF_NESTED_ARRAY: {
    about:
      'An array holds plain values. The text of the format allows arrays in arrays, the reference reader does not, and nothing that is in use has them. They are what recursion feeds on: 12 bytes per level let a file of some kilobytes nest a thousand deep and end a recursive parser with a full stack.',
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ...head('one metadata entry'),
          ['string "k"', 'its key'],
          ['u32 9', 'its type, array'],
          ['u32 9', 'of arrays'],
          ['u64 1', 'one of them'],
          ['u32 0', 'of u8'],
          ['u64 0', 'which is empty'],
        ],
      },
      says: 'the value of "k" is an array of arrays (at byte 37)',
    },
  },
  GGUF_BOOL: {
    about:
      'A boolean takes one byte, and only 0 and 1 have a meaning. In C and C++ a bool with another value is undefined behaviour: it can be neither true nor false, and two branches may both be taken. JavaScript takes 2 for true and others compare with 1, so readers disagree on what the file says.',
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ...head('one metadata entry'),
          ['string "k"', 'its key'],
          ['u32 7', 'its type, bool'],
          ['u8 2', 'its value'],
        ],
      },
      says: 'the value of "k" has a boolean of 2 (at byte 37)',
    },
  },
  GGUF_ALIGNMENT: {
    about: `Offsets are rounded up to the alignment, by bit masks in most readers, which give nonsense unless it is a power of two. 0 divides by zero, 33 lets tensors overlap, 2^31 wraps a 32-bit sum; wrapped padding is what CVE-2025-53630 and CVE-2026-27940 are about. From ${MIN_GGUF_ALIGNMENT}, which the format asks for, to ${size(MAX_GGUF_ALIGNMENT)}, the largest page that any system maps by; more would only make room to hide data in.`,
    example: {
      input: { gguf: { keys: [['general.alignment', 'u32 33']] } },
      says: 'general.alignment is 33',
    },
  },
  GGUF_KEY_MISSING: {
    about:
      'Some keys make no sense without others: a tokenizer of kind "llama" orders its merges by scores, one of kind "gpt2" has a list of merges. If such a list is absent, a reader that goes on with an empty one builds a tokenizer that splits every text into bytes; the model then talks nonsense, and nothing says why.',
    example: {
      input: { gguf: { without: ['tokenizer.ggml.scores'] } },
      says: 'the metadata key "tokenizer.ggml.scores" is absent',
    },
  },
  GGUF_KEY_TYPE: {
    about:
      'A key that has a meaning must have a value of the type that goes with it; widths of integers are not told apart, because exporters do not agree on them. Reading four bytes of a string as a count, or a float as an integer, gives a number that looks like one: this confusion of types is how a wrong file becomes a crash far from its cause.',
    example: {
      input: { gguf: { keys: [['general.alignment', 'string "32"']] } },
      says: 'the metadata key "general.alignment" holds string, not an integer',
    },
  },
  GGUF_KEY_RANGE: {
    about:
      'A count is not negative, and a number that is used in arithmetic is finite and exact in a double. The number -32, stored as a signed integer, becomes 4,294,967,264 where it is read as an unsigned one, and NaN passes every comparison that asks whether a value is too large.',
    example: {
      input: { gguf: { keys: [['general.alignment', 'i32 -32']] } },
      says: 'the metadata key "general.alignment" is -32',
    },
  },
};
