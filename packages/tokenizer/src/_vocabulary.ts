/** What the readers of other projects' files share: token texts, byte tokens, merges written as text, warnings. */
import { sanitizeText, type Warning } from '@mirust/core';
import { checkMergeCount, checkTokenLength } from './_check-fields.ts';
import { type TokenizerWarningCode, tokenizerError } from './errors.ts';

/** SentencePiece's mark for a space. */
export const SPACE_MARK = '\u2581';

const BYTE_TOKEN = /^<0x([0-9A-F]{2})>$/;

/** The byte that a byte token `<0xNN>` names; undefined for any other text. */
export function byteOfToken(text: string): number | undefined {
  const match = BYTE_TOKEN.exec(text);
  return match === null ? undefined : Number.parseInt(match[1] ?? '', 16);
}

/** The byte that a byte token names. Throws `TOKENIZER_BYTE_TOKEN` where it names none (`<0x-1>`, `<0xZZ>`). */
export function requireByteOfToken(text: string, id: number): number {
  const byte = byteOfToken(text);
  if (byte === undefined) {
    throw tokenizerError('TOKENIZER_BYTE_TOKEN', `byte token ${id} is "${sanitizeText(text)}", not <0x00> to <0xFF>`, {
      expected: '<0x00> to <0xFF>',
      actual: sanitizeText(text),
    });
  }
  return byte;
}

/** Checks a token's text before it is stored; a UTF-16 unit is at least one byte. */
export function checkTokenText(text: string, id: number): void {
  checkTokenLength(id, text.length);
}

/** A merge as two texts. */
export type TextPair = readonly [left: string, right: string];

/** The two halves of `left right`; the first space that is not the first character parts them, as llama.cpp has it. */
export function splitMerge(merge: string, index: number): TextPair {
  const space = merge.indexOf(' ', 1);
  if (space < 0 || space === merge.length - 1) {
    throw tokenizerError('TOKENIZER_MERGE_SYNTAX', `merge ${index} is "${sanitizeText(merge)}", not two tokens`, {
      actual: sanitizeText(merge),
    });
  }
  return [merge.slice(0, space), merge.slice(space + 1)];
}

/** Merges as ids: left, right, output. Throws `TOKENIZER_MERGE_TOKEN` where the vocabulary lacks one of the three. */
export function mergesOfTexts(
  count: number,
  pairAt: (index: number) => TextPair,
  ids: ReadonlyMap<string, number>,
): Uint32Array {
  checkMergeCount(count);
  const merges = new Uint32Array(count * 3);
  const idOf = (text: string, index: number): number => {
    const id = ids.get(text);
    if (id === undefined) {
      throw tokenizerError(
        'TOKENIZER_MERGE_TOKEN',
        `merge ${index} needs the token "${sanitizeText(text)}", which the vocabulary does not have`,
        { actual: sanitizeText(text) },
      );
    }
    return id;
  };
  for (let index = 0; index < count; index++) {
    const [left, right] = pairAt(index);
    merges[index * 3] = idOf(left, index);
    merges[index * 3 + 1] = idOf(right, index);
    merges[index * 3 + 2] = idOf(left + right, index);
  }
  return merges;
}

/** Collects warnings: one per code, with the first case and how many there were. */
export interface WarningList {
  add(code: TokenizerWarningCode, message: string): void;
  finish(): Warning[];
}

/** See {@link WarningList}. */
export function createWarningList(): WarningList {
  const found = new Map<TokenizerWarningCode, { message: string; count: number }>();
  return {
    add(code, message) {
      const earlier = found.get(code);
      if (earlier === undefined) found.set(code, { message, count: 1 });
      else earlier.count += 1;
    },
    finish: () =>
      Array.from(found, ([code, { message, count }]) => ({
        code,
        message: count === 1 ? message : `${message} (and ${count - 1} more such cases)`,
      })),
  };
}
