/** Text of a source as META and manifests hold it. */
import { sanitizeText } from '@mirust/core';

/** Their schema's limit on a line of text. */
const MAX_CHARACTERS = 256;

/** One line of at most 256 characters, control characters made visible; a cut is marked. */
export function shortText(text: string): string {
  const characters = [...sanitizeText(text, MAX_CHARACTERS - 30)];
  if (characters.length <= MAX_CHARACTERS) return characters.join('');
  // Escapes have made it longer.
  return `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…`;
}
