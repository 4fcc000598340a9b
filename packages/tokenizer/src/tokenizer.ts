/** The tokenizer: text to ids and back. */
import type { TokenizerModel } from './model.ts';

/** Options of `Tokenizer.encode`. */
export interface EncodeOptions {
  /** Puts BOS in front where the model wants it for a prompt. EOS never: it would end the generation. Default true. */
  readonly addSpecial?: boolean;
  /** The text of a special token in the input becomes its id; false: it is text like any other. Default true. */
  readonly parseSpecial?: boolean;
}

/** Options of `Tokenizer.decode` and `Tokenizer.createDecoder`. */
export interface DecodeOptions {
  /** Leaves out tokens that are special. Default true. */
  readonly skipSpecial?: boolean;
  /**
   * The ids go on from earlier text (a generation behind its prompt): a space in front stays. Default false: the
   * space that encoding put in front of the text is taken off again.
   */
  readonly continuation?: boolean;
}

/** Decodes ids as they come. The pieces, one behind the other, are what `decode` makes of all the ids. */
export interface StreamingDecoder {
  /** The text that this id completes; empty while a character is unfinished. Throws RangeError for an unknown id. */
  push(id: number): string;
  /** What is left: U+FFFD for a character that was never finished. The decoder then starts anew. */
  flush(): string;
}

/** Keeps nothing between calls but working memory: one tokenizer may serve any number of callers in the same thread. */
export interface Tokenizer {
  readonly model: TokenizerModel;
  /** How many ids there are. */
  readonly vocabSize: number;
  /**
   * The ids of a prompt. Unpaired surrogates count as U+FFFD. Time grows as n log n with the length. Throws
   * `TOKENIZER_BYTE_MISSING` where the vocabulary cannot express the text; RangeError for a run of thousands of combining
   * marks where the tokenizer composes them, and for one of millions of characters beyond U+FFFF where it cuts words.
   */
  encode(text: string, options?: EncodeOptions): number[];
  /** The ids of a whole document, with BOS and EOS as the format prescribes. */
  encodeDocument(text: string): number[];
  /** The text of ids; bytes that are no UTF-8 become U+FFFD. Throws RangeError for an id outside the vocabulary. */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  createDecoder(options?: DecodeOptions): StreamingDecoder;
  /** The bytes that a token stands for (a copy). Throws RangeError for an id outside the vocabulary. */
  tokenBytes(id: number): Uint8Array;
  /** Whether decoding leaves the token out by default: control and unknown tokens. */
  isSpecial(id: number): boolean;
  isEndOfGeneration(id: number): boolean;
}
