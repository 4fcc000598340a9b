/** The codes of the JSON reader, `parseStrictJson`. */
import { type ErrorContext, MirustError } from './errors.ts';

/** The codes of the JSON reader. */
export const JSON_ERRORS = {
  JSON_SYNTAX: {
    class: 'structure',
    when: 'A text does not follow the JSON grammar, or starts with a byte-order mark.',
    remedy: 'Fetch the file again; it was cut short or edited by hand.',
  },
  JSON_TRAILING: {
    class: 'structure',
    when: 'Something follows the end of a JSON document.',
    remedy: 'Remove what follows the document; a reader that ignored it could be shown something else than you see.',
  },
  JSON_DUPLICATE_KEY: {
    class: 'structure',
    when: 'An object of a JSON document has the same key twice.',
    remedy: 'Do not use the file; readers disagree on which of the two counts.',
  },
  JSON_DEPTH: {
    class: 'structure',
    when: 'A JSON document is nested deeper than any real one.',
    remedy: 'Do not use the file; no model needs such nesting.',
  },
  JSON_NUMBER: {
    class: 'structure',
    when: 'A number passes the range of a double, or is not a whole number where only counts can be.',
    remedy: 'Write the file again with a correct exporter.',
  },
  JSON_SURROGATE: {
    class: 'structure',
    when: 'A string of a JSON document has half of a surrogate pair, which is not a character.',
    remedy: 'Write the file again with a correct exporter.',
  },
  JSON_TOO_LARGE: {
    class: 'resource',
    when: 'A JSON document is longer, or has more values, than any real one.',
    remedy: 'Check that this is the right file; raise the limit where the caller offers one.',
  },
} as const;

/** A code of {@link JSON_ERRORS}. */
export type JsonErrorCode = keyof typeof JSON_ERRORS;

/** Makes an error of {@link JSON_ERRORS}. */
export function jsonError(code: JsonErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, JSON_ERRORS[code], message, context);
}
