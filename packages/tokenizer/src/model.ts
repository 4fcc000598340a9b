/**
 * Everything that decides how a tokenizer turns text into ids, as plain data. The readers of the various files make
 * it, `createTokenizer` runs it, and the `TOKN` section of an artifact stores it. It can be cloned and sent to a
 * worker as it is.
 */
import type { Warning } from '@mirust/core';

/**
 * Which algorithm encodes.
 * - `byte`: one id per UTF-8 byte (SLM1's `BTOK`).
 * - `byte-pair-ids`: ids 0–255 are the bytes, merges are pairs of ids, nothing cuts the text (SLM1's `BPE1`).
 * - `byte-level-bpe`: a pre-tokenizer cuts the text, merges of the lowest rank first join bytes (GPT-2 and its heirs).
 * - `sentencepiece-bpe`: characters are joined, by the score of the result or by the rank of a merge; what is not in
 *   the vocabulary falls back to bytes (Llama 1 and 2, Mistral 7B).
 */
export type TokenizerKind = 'byte' | 'byte-pair-ids' | 'byte-level-bpe' | 'sentencepiece-bpe';

/** What a token is for. The numbers are those of SentencePiece and of GGUF's `tokenizer.ggml.token_type`. */
export const TOKEN_TYPE = {
  /** Text that encoding may put out. */
  normal: 1,
  /** Stands for what the vocabulary cannot express. */
  unknown: 2,
  /** A marker such as BOS: never the result of ordinary text. */
  control: 3,
  /** Text that is always taken whole, before anything else is looked at. */
  userDefined: 4,
  /** A place holder: encoding never puts it out. */
  unused: 5,
  /** One byte, for text that has no token of its own. */
  byte: 6,
} as const;

/** One of the numbers of {@link TOKEN_TYPE}. */
export type TokenType = (typeof TOKEN_TYPE)[keyof typeof TOKEN_TYPE];

/**
 * The bytes of every token, one behind the other. Bytes and not strings: a token may end inside a character, and a
 * table of 128,256 tokens is read in a millisecond.
 *
 * They are the bytes that the token stands for in text: `Ġ` and its kin of byte-level BPE, SentencePiece's `▁` and
 * byte tokens such as `<0x0A>` are undone (`▁` is a space, `<0x0A>` is one byte of value 10). A control token has the
 * bytes of its name. An id without text has no bytes.
 */
export interface TokenTable {
  /** Shape [count + 1], never falling, from 0 to `bytes.length`: token `i` is `bytes[offsets[i] .. offsets[i + 1]]`. */
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
}

/** The ids that have a role. A field is absent where the tokenizer has no such token. */
export interface SpecialIds {
  readonly bos?: number;
  readonly eos?: number;
  readonly pad?: number;
  readonly unk?: number;
}

/** A token whose text is looked for in the input before anything else. Its type says whether it is special. */
export interface AddedToken {
  readonly id: number;
  /** Looked for in the normalized text (its own text normalized too), after all tokens that are not. */
  readonly normalized: boolean;
  /**
   * Looked for with a space in front, which it takes: what Hugging Face makes of a normalized token where the normalizer
   * puts a space in front of every text. Only with `normalized`.
   */
  readonly spaceBefore: boolean;
  /** Takes the whitespace in front of it. */
  readonly lstrip: boolean;
  /** Takes the whitespace behind it. */
  readonly rstrip: boolean;
  /** Counts only where no word character touches it. */
  readonly singleWord: boolean;
}

/**
 * One step of cutting text into pieces that are encoded apart. The patterns are in `pre-tokenizer.ts`; a file's own
 * regular expression is never run.
 */
export const PRE_TOKENIZER_STEPS = [
  /** GPT-2's pattern. */
  'gpt2',
  /** Llama 3's: digits in groups of up to three. */
  'llama3',
  /** Qwen2's: every digit alone. */
  'qwen2',
  /** Mistral's Tekken: words are also cut where lower case turns to upper case. */
  'tekken',
  /** Every digit (Unicode N) alone. */
  'digit',
  /** Runs of digits (Unicode N) apart from the rest. */
  'digits',
  /** Groups of three ASCII digits, from the left. */
  'digit-triples',
  /** Runs of punctuation (ASCII or Unicode P) apart from the rest. */
  'punctuation',
  /** Runs of Unicode P and `$+<=>^~|` apart from the rest, as Falcon's with a backtick. */
  'punctuation-falcon',
  /** As `punctuation-falcon`, without the backtick. */
  'punctuation-default',
  /** In front of every space. */
  'spaces',
  /** From here on the steps see one character of the byte alphabet (GPT-2) per byte. Cuts nothing itself. */
  'byte-alphabet',
] as const;

/** A name of {@link PRE_TOKENIZER_STEPS}. */
export type PreTokenizerStep = (typeof PRE_TOKENIZER_STEPS)[number];

/** Where a space is put in front of the text. A fragment is what lies between two added tokens. */
export type SpacePrefix = 'never' | 'start' | 'fragment';

/** What decoding does with the space that encoding put in front (`strip-first-token`: all spaces of the first token). */
export type LeadingSpace = 'keep' | 'strip-one' | 'strip-first-token';

/**
 * How many U+FFFD stand for bytes that are no UTF-8. `sequence`: one per maximal part of a character, as the WHATWG's
 * Encoding Standard says. `byte`: one per byte (the sentencepiece library). `run`: one per byte of the whole run of byte
 * tokens that has the fault (Hugging Face's ByteFallback), so that a run is given out when it ends.
 */
export type InvalidBytes = 'sequence' | 'byte' | 'run';

/** See the module comment. Which fields a kind uses stands beside each; unused ones have the value given here. */
export interface TokenizerModel {
  readonly kind: TokenizerKind;
  readonly tokens: TokenTable;
  /** Shape [vocabulary], values of {@link TOKEN_TYPE}. */
  readonly types: Uint8Array;
  /** Shape [vocabulary]; a higher score is merged first. Only SentencePiece, which has either scores or merges. */
  readonly scores?: Float32Array;
  /**
   * Shape [merges × 3]: left, right, output; the index of a merge is its rank, the lowest is applied first. The
   * output's bytes are the left's and the right's. Empty where there are none.
   */
  readonly merges: Uint32Array;
  readonly special: SpecialIds;
  /** Ids besides `special.eos` that end a generation, rising. */
  readonly endOfGeneration: readonly number[];
  /** Tokens looked for in the input as text, by rising id. */
  readonly added: readonly AddedToken[];
  /** Unicode normalization; else `none`. */
  readonly normalizer: 'none' | 'nfc';
  /** `never` unless the model was trained with a space in front of the first word. */
  readonly spacePrefix: SpacePrefix;
  /**
   * The space comes late, when normalized added tokens have been cut out as well, and not in front of text that starts
   * with one: that is how pre-tokenizers do it, where normalizers always put it. Else false.
   */
  readonly spacePrefixUnlessPresent: boolean;
  /** Runs of spaces become one and those at both ends go (SentencePiece's remove_extra_whitespaces). Else false. */
  readonly collapseSpaces: boolean;
  /** In the order of application; empty: nothing cuts the text. */
  readonly preTokenizer: readonly PreTokenizerStep[];
  /** A piece that is a token is that token, whatever the merges say (Llama 3). Else false. */
  readonly ignoreMerges: boolean;
  /** What is not in the vocabulary becomes byte tokens, where they exist. SentencePiece only, else false. */
  readonly byteFallback: boolean;
  /** A run of unknown characters is one unknown token. Else false. */
  readonly fuseUnknown: boolean;
  readonly leadingSpace: LeadingSpace;
  readonly invalidBytes: InvalidBytes;
  /** Whether a prompt starts with `special.bos`. */
  readonly addBos: boolean;
  /** Whether a whole document ends with `special.eos`. */
  readonly addEos: boolean;
}

/** What a reader of another project's file gives. */
export interface ImportedTokenizer {
  readonly model: TokenizerModel;
  /** What breaks a rule in a way that harmless files do; codes are those of `TOKENIZER_WARNINGS`. */
  readonly warnings: readonly Warning[];
}
