/** What happens to a fragment of text before it is cut. */
import type { TokenizerModel } from './model.ts';

/** Unpaired surrogates become U+FFFD, as they do in UTF-8. */
export function toWellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/**
 * Combining marks in one run. The platform puts them into their canonical order by insertion, which is quadratic: 4,096
 * take some milliseconds, 200,000 take twelve seconds. Text that a person can read has less than a hundred.
 */
const MAX_COMBINING_MARKS = 4096;

/** Unicode's composed form. Characters below U+0300 are composed already. */
function compose(text: string): string {
  if (!/[^\0-\u02ff]/.test(text)) return text;
  for (const [marks] of text.matchAll(/\p{M}+/gu)) {
    if (marks.length > MAX_COMBINING_MARKS) {
      throw new RangeError(
        `the text has a run of ${marks.length} combining marks; at most ${MAX_COMBINING_MARKS} can be`,
      );
    }
  }
  return text.normalize('NFC');
}

/**
 * Normalizes one fragment: Unicode form and whitespace. SentencePiece's `▁` is a space here as it is there: the two
 * cannot be told apart once encoded.
 */
export function normalizeText(model: TokenizerModel, text: string): string {
  let result = model.normalizer === 'nfc' ? compose(text) : text;
  if (model.collapseSpaces) {
    result = result.replace(/ +/g, ' ');
    if (result.startsWith(' ')) result = result.slice(1);
    if (result.endsWith(' ')) result = result.slice(0, -1);
  }
  return model.kind === 'sentencepiece-bpe' ? result.replaceAll('\u2581', ' ') : result;
}

/**
 * Puts the space in front of a fragment where the model wants one. `atStart`: nothing stands in front of the fragment,
 * not even an added token. `late`: after normalized added tokens were cut out (see `spacePrefixUnlessPresent`).
 */
export function prefixSpace(model: TokenizerModel, text: string, atStart: boolean, late: boolean): string {
  if (text === '' || late !== model.spacePrefixUnlessPresent) return text;
  if (model.spacePrefix === 'never' || (model.spacePrefix === 'start' && !atStart)) return text;
  return late && text.startsWith(' ') ? text : ` ${text}`;
}
