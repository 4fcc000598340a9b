/** What happens to a fragment of text before it is cut. */
import type { TokenizerModel } from './model.ts';

/** Unpaired surrogates become U+FFFD, as they do in UTF-8. */
export function toWellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/**
 * Normalizes one fragment: Unicode form and whitespace. SentencePiece's `▁` is a space here as it is there: the two
 * cannot be told apart once encoded.
 */
export function normalizeText(model: TokenizerModel, text: string): string {
  let result = model.normalizer === 'nfc' ? text.normalize('NFC') : text;
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
