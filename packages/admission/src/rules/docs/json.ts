/** Rules of the JSON that a checkpoint brings: headers, configurations, indexes, tokenizers. */
import { MAX_JSON_CONTAINERS, MAX_JSON_DEPTH, MAX_JSON_VALUES } from '@mirust/core';
import { count } from './_numbers.ts';
import type { RuleDocs } from './rule-doc.ts';

export const JSON_DOCS: RuleDocs = {
  JSON_SYNTAX: {
    about:
      'JSON is read as RFC 8259 defines it, without the extensions that lenient parsers have: no comments, no trailing commas, no single quotes, no control characters in strings. Where one reader accepts what another refuses, or repairs it in another way, the two see different models. Usual causes are a file that was edited by hand, and a download that ended early.',
    example: {
      input: { file: 'config.json', text: '{"model_type": "llama", }' },
      says: 'config.json has "}" where a key after the comma is expected (at byte 24)',
    },
  },
  JSON_TRAILING: {
    about:
      'A document is one value, with nothing but white space behind it. What follows is invisible to readers that stop at the end of the first value and visible to those that do not, so a file could carry two configurations, one for the reviewer and one for the loader. It also happens when two files are joined, or when a longer file is overwritten with a shorter text.',
    example: {
      input: { file: 'config.json', text: '{"model_type": "llama"}{"model_type": "mistral"}' },
      says: 'config.json has text after its end (at byte 23)',
    },
  },
  JSON_DUPLICATE_KEY: {
    about:
      'A key may occur once per object. The standard leaves open what a second one means; most parsers keep the last, some the first, some both, and none of them says so. In a safetensors header that is a tensor with two places in the file, in a configuration a model with two sizes: the reader that checks and the reader that loads can disagree. Keys are compared after their escapes are resolved, so "\\u0074" cannot hide a "t".',
    example: {
      input: { file: 'config.json', text: '{"model_type": "llama", "vocab_size": 12, "vocab_size": 99999}' },
      says: 'config.json has the key "vocab_size" twice (at byte 42)',
    },
  },
  JSON_DEPTH: {
    about: `Objects and lists may be nested ${MAX_JSON_DEPTH} levels deep; a tokenizer.json, the deepest document in use, has about 8, and a safetensors header may have 3. Parsers that call themselves for every level end with a full stack on some hundred thousand brackets, a file of a few hundred kilobytes, and in many languages that ends the process and cannot be caught.`,
    example: {
      input: { described: 'config.json is 100,000 times "[" and nothing else.' },
      says: 'config.json is nested deeper than 64 levels',
    },
  },
  JSON_NUMBER: {
    about:
      'A number must lie in the range of a double, and where only counts can stand (a safetensors header) it must be written as a whole number: no 1.0, no 1e3, no -0. Readers that hold numbers as doubles, as 64-bit integers and as text treat such spellings differently; 1e400 becomes infinity in one and an error in another. A dimension of 2.5 has no meaning that all could share.',
    example: {
      input: {
        file: 'model.safetensors',
        rows: [
          ['u64 54', 'length of the header'],
          ['"{\\"t\\":{\\"dtype\\":\\"U8\\",\\"shape\\":[1.0],\\"data_offsets\\":[0,1]}}"', 'the header'],
          ['u8 0', 'data'],
        ],
      },
      says: 'the header has 1.0 where only a whole number can be (at byte 36)',
    },
  },
  JSON_SURROGATE: {
    about:
      'A string may hold characters only; "\\ud800" alone is half of one. It cannot be written as UTF-8, so a reader replaces it, drops it or fails, and two names that differ in a half may become equal on the way. No exporter writes such a string; a text that was cut in the middle of an emoji has one.',
    example: {
      input: { file: 'config.json', text: '{"model_type": "llama", "_name_or_path": "\\ud83d"}' },
      says: 'config.json has a string with half of a surrogate pair (at byte 41)',
    },
  },
  JSON_TOO_LARGE: {
    about: `What a document may cost is bounded before it is built: its bytes, its values (${count(MAX_JSON_VALUES)}) and its lists and objects (${count(MAX_JSON_CONTAINERS)}). Two characters of text become two hundred bytes of memory when they are an empty object, so a limit on bytes alone lets a 60 MB file fill a server. The largest tokenizer.json in use has a quarter of these values and half of these lists.`,
    example: {
      input: { described: 'tokenizer.json is a list of 1,048,577 empty lists.' },
      says: 'tokenizer.json has too many arrays and objects',
    },
  },
};
