/** Rules of GGUF: magic, version, counts, and what a header may cost. */
import {
  MAX_GGUF_ARRAY_LENGTH,
  MAX_GGUF_HEADER_BYTES,
  MAX_GGUF_METADATA_ENTRIES,
  MAX_GGUF_STRING_BYTES,
  MAX_GGUF_TENSORS,
} from '@mirust/gguf';
import { count, size } from './_numbers.ts';
import type { RuleDocs } from './rule-doc.ts';

export const GGUF_DOCS: RuleDocs = {
  GGUF_MAGIC: {
    about:
      'A file is recognised by its content, never by its name, and a GGUF starts with these four letters. Most files that fail here are no attack: a server answered with a web page, Git LFS left a pointer in the place of the file, or the model is in one of the formats that GGUF replaced (ggml, ggmf, ggjt). The gate recognises files before it opens them and calls such a file CHECKPOINT_FORMAT; this rule speaks where a program opens something as a GGUF.',
    example: {
      input: { described: 'The first bytes of model.gguf are 3c 21 44 4f, "<!DO", as those of a web page.' },
      says: 'the file starts with 3c 21 44 4f',
    },
  },
  GGUF_COUNT: {
    about:
      'An entry of the metadata takes at least 14 bytes, a tensor at least 33, an array element at least its own size; so the rest of the file bounds every count in it. Readers that multiply the count with the size of a struct first are led to an allocation of terabytes or, where the product wraps, to a small buffer and a long loop: the pattern of several heap-overflow CVEs. A file whose end is missing gives the same finding.',
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ['"GGUF"', 'magic'],
          ['u32 3', 'version'],
          ['u64 18446744073709551615', 'tensors'],
          ['u64 0', 'metadata entries'],
        ],
      },
      says: 'the file announces 18446744073709551615 tensors, the rest of it holds at most 0 (at byte 8)',
    },
  },
  GGUF_LIMIT: {
    about: `One string value may take ${size(MAX_GGUF_STRING_BYTES)}; chat templates have some 20 kB, and a whole tokenizer.json that an exporter stored mostly less than that. A longer string fits into a large file and costs as much memory again once it is text, so a file with one serves only to exhaust whoever reads it.`,
    example: {
      input: { described: 'model.gguf has one metadata entry k, a string of 20,971,521 bytes that are all there.' },
      says: 'the value of "k" has 20971521 bytes',
    },
  },
  GGUF_BIG_ENDIAN: {
    about:
      'GGUF has a big-endian variant for machines that count that way. It says so nowhere; one sees it by the version, whose bytes stand the other way round. A reader that does not look takes a count of 291 tensors for one of 2.5 · 10^18. The file is sound, and is refused because every number and every weight in it would have to be turned.',
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ['"GGUF"', 'magic'],
          ['hex 00 00 00 03', 'version 3, highest byte first'],
          ['zeros 16', 'counts'],
        ],
      },
      says: 'the file is a big-endian GGUF (at byte 4)',
    },
  },
  GGUF_VERSION_1: {
    about:
      'Version 1 has counts and lengths of 32 bits where its successors have 64. Read with the rules of the others, the first count swallows the second, and everything behind is off by 8 bytes. It was in use for a short time in August 2023, and what is left of it is better converted again.',
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ['"GGUF"', 'magic'],
          ['u32 1', 'version'],
          ['zeros 16', 'counts'],
        ],
      },
      says: 'the file is GGUF version 1 (at byte 4)',
    },
  },
  GGUF_VERSION: {
    about:
      'A new version means that the layout has changed, as it did from 1 to 2. To read an unknown one "as far as possible" is to read it wrongly, so the number decides before anything else is looked at. Version 99 is no file of the future but a damaged header.',
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ['"GGUF"', 'magic'],
          ['u32 99', 'version'],
          ['zeros 16', 'counts'],
        ],
      },
      says: 'the file is GGUF version 99 (at byte 4)',
    },
  },
  GGUF_HEADER_TOO_LARGE: {
    about: `The header is the only part of the file that is held in memory as a whole, so its limits bound what any GGUF can cost to look at: ${size(MAX_GGUF_HEADER_BYTES)}, ${count(MAX_GGUF_METADATA_ENTRIES)} metadata entries, ${count(MAX_GGUF_TENSORS)} tensors, ${count(MAX_GGUF_ARRAY_LENGTH)} elements of an array. The largest vocabulary in use, 262,144 tokens with half a million merges, takes at most 20 MB. The format allows more, so the file may be sound, and is refused because nobody would get an answer in time.`,
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ['"GGUF"', 'magic'],
          ['u32 3', 'version'],
          ['u64 0', 'no tensors'],
          ['u64 65537', 'metadata entries'],
          ['zeros 1048576', 'room for them'],
        ],
      },
      says: 'the file has 65537 metadata entries (at byte 16)',
    },
  },
};
