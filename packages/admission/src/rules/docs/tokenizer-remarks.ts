/** What readers of tokenizers remark on and let pass. */
import { tokenizerJson } from './_tokenizer-json.ts';
import type { RuleDocs } from './rule-doc.ts';

const SMALL = '{"type": "BPE", "unk_token": "<unk>", "vocab": {"<unk>": 0, "a": 1}, "merges": []}';

export const TOKENIZER_REMARK_DOCS: RuleDocs = {
  SPECIAL_ID_ABSENT: {
    about:
      'An id with a role that lies outside the vocabulary is taken as "there is none". Real files use 0xFFFFFFFF for that, so it is no error; readers that use the number as an index read four thousand million rows behind their table.',
    example: {
      input: { gguf: { keys: [['tokenizer.ggml.bos_token_id', 'u32 4294967295']] } },
      says: 'tokenizer.ggml.bos_token_id is 4294967295 of 260 tokens',
    },
  },
  PRE_TOKENIZER_MISSING: {
    about:
      'A byte-level tokenizer first cuts a text by a pattern, and a GGUF holds only the name of it. Files from before that key was introduced have none, and llama.cpp then takes a default that is wrong for several families: numbers and contractions are cut differently than in training. Convert the model again if its origin is at hand.',
    example: {
      input: { described: 'model.gguf has a tokenizer of kind gpt2 and no tokenizer.ggml.pre.' },
      says: 'tokenizer.ggml.pre is absent: "default" is taken',
    },
  },
  TOKEN_TYPE_OVERRIDDEN: {
    about:
      'Tokens such as <|im_end|> or <|eot_id|> end a turn. Some converters mark them as normal text; then a model does not stop, and a user can write them. They are taken as control tokens by their name, as llama.cpp does, and the remark says that the file claimed otherwise.',
    example: {
      input: { described: 'The last token of model.gguf is "<|im_end|>" with type 1, normal.' },
      says: 'token 259, "<|im_end|>", has type 1, not control',
    },
  },
  VOCAB_HOLE: {
    about:
      'Ids between others have no token. Vocabularies are rounded up for hardware, or tokens were removed later; such ids cannot come from a text. They can come from the model, which has a row for them, and then have no text to show.',
    example: {
      input: tokenizerJson(
        '{"type": "BPE", "unk_token": "<unk>", "vocab": {"<unk>": 0, "a": 1, "c": 3}, "merges": []}',
      ),
      says: 'the id 2 has no token',
    },
  },
  TRUNCATION_IGNORED: {
    about:
      'A tokenizer.json can ask that every text be cut to a length or filled up to one, usually a setting of the training that was saved along. Libraries that obey it lose the end of long prompts without a word. Here the length is the business of the caller.',
    example: {
      input: tokenizerJson(
        SMALL,
        '\n "truncation": {"max_length": 512, "stride": 0, "strategy": "LongestFirst", "direction": "Right"},',
      ),
      says: 'tokenizer.json has a truncation, which is not applied',
    },
  },
  CONFIG_DISAGREES: {
    about:
      'Two files say which tokens begin and end a text, and whether a space is put in front; here they say different things. One of them was edited, or a tokenizer was exchanged and its configuration stayed. The message says which one counts; other programs may decide the other way and put another first token in front of every prompt.',
    example: {
      input: { file: 'tokenizer_config.json', text: '{"bos_token": "<s>"}' },
      says: 'the bos token "<s>" is no token',
    },
  },
};
