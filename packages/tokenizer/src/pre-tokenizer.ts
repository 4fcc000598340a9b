/**
 * Cutting text into pieces that are encoded apart.
 *
 * The patterns are written here and never taken from a file: a regular expression of a file could run for ever, and
 * dialects differ. In the originals `\s` is Unicode White_Space, which JavaScript's is not (it has U+FEFF and lacks
 * U+0085), so it is spelt out. Every pattern takes time linear in the text: each alternative fails or succeeds within
 * the run of characters that the match then takes, and no run is looked through more than a few times.
 *
 * Sources: GPT-2, openai/gpt-2 `encoder.py`; Llama 3, Qwen2 and Tekken, the `pre_tokenizer` of their `tokenizer.json`;
 * Falcon and the default of GGUF files, the same in ggml-org/llama.cpp's `llama-vocab.cpp`.
 */
import { toByteAlphabet } from './_byte-alphabet.ts';
import type { PreTokenizerStep } from './model.ts';

const SPACE = String.raw`\p{White_Space}`;
const NOT_SPACE = String.raw`\P{White_Space}`;

/** All whitespace but the last of a run that a word follows; what is left after the other alternatives. */
const SPACES = `${SPACE}+(?!${NOT_SPACE})|${SPACE}+`;

/** In the original without regard to case, where the long s (U+017F) counts as an s. */
const CONTRACTIONS = "'(?:[sS\u017f]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])";

/** What Llama 3's, Qwen2's and Tekken's patterns end with, but for the characters that may follow punctuation. */
function lineEnd(behindPunctuation: string): string {
  return ` ?[^${SPACE}\\p{L}\\p{N}]+[${behindPunctuation}]*|${SPACE}*[\\r\\n]+|${SPACES}`;
}

const WORD = String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`;
const UPPER = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const LOWER = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;

/** A pattern's matches are pieces, and so is what lies between two of them. */
const PATTERNS: Readonly<Record<Exclude<PreTokenizerStep, 'byte-alphabet'>, string>> = {
  gpt2: `'(?:s|t|re|ve|m|ll|d)| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|${SPACES}`,
  llama3: `${CONTRACTIONS}|${WORD}|\\p{N}{1,3}|${lineEnd('\\r\\n')}`,
  qwen2: `${CONTRACTIONS}|${WORD}|\\p{N}|${lineEnd('\\r\\n')}`,
  tekken: `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*|\\p{N}|${lineEnd('\\r\\n/')}`,
  digit: '\\p{N}',
  digits: '\\p{N}+',
  'digit-triples': '[0-9]{3}',
  punctuation: '[\\p{P}!-\\/:-@\\[-`\\{-~]+',
  'punctuation-falcon': '[\\p{P}$+<=>\\^~\\|`]+',
  'punctuation-default': '[\\p{P}$+<=>\\^~\\|]+',
  spaces: ' [^ ]*',
};

/** Cuts text; the pieces, one behind the other, are the text (or its byte alphabet, after that step). */
export type PreTokenizer = (text: string) => readonly string[];

/** The steps as one function. It keeps regular expressions of its own, so it must not be called by itself. */
export function createPreTokenizer(steps: readonly PreTokenizerStep[]): PreTokenizer {
  const cuts = steps.map((step) => (step === 'byte-alphabet' ? undefined : new RegExp(PATTERNS[step], 'gu')));
  return (text) => {
    let pieces: string[] = text === '' ? [] : [text];
    for (const pattern of cuts) {
      if (pattern === undefined) {
        pieces = pieces.map(toByteAlphabet);
        continue;
      }
      const next: string[] = [];
      for (const piece of pieces) cut(piece, pattern, next);
      pieces = next;
    }
    return pieces;
  };
}

function cut(text: string, pattern: RegExp, pieces: string[]): void {
  let end = 0;
  pattern.lastIndex = 0;
  for (;;) {
    const match = nextMatch(text, pattern);
    if (match === null) break;
    if (match.index > end) pieces.push(text.slice(end, match.index));
    pieces.push(match[0]);
    end = pattern.lastIndex;
  }
  if (end < text.length) pieces.push(text.slice(end));
}

/**
 * The engine keeps a place to go back to for each character outside the Basic Multilingual Plane, and gives up after
 * some millions of them in one run, with a RangeError about its stack. That is what the caller's text did.
 */
function nextMatch(text: string, pattern: RegExp): RegExpExecArray | null {
  try {
    return pattern.exec(text);
  } catch (cause) {
    throw new RangeError('the text has too long a run of characters beyond U+FFFF; encode it in parts', { cause });
  }
}
