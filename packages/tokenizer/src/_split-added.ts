/** Cuts added tokens out of a text. */
import type { Matcher } from './_added-matcher.ts';
import type { AddedToken } from './model.ts';

/** An added token and the text that it is looked for as. */
export interface AddedText {
  readonly token: AddedToken;
  readonly text: string;
  /** Not taken where special tokens are text like any other. */
  readonly special: boolean;
}

/** Is given the parts in their order. `from` is where a stretch of text starts. */
export interface SplitVisitor {
  token(id: number): void;
  text(text: string, from: number): void;
}

const WHITE_SPACE = /\p{White_Space}/u;

/** A word character of the regular expressions of Unicode (UTS 18, annex C). */
const WORD_AT_END = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const WORD_AT_START = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

/**
 * From left to right, the longest token that starts at a place; one that does not count (a special one while those are
 * not wanted, a single word with a neighbour) is passed over as text, as a whole. Source of the order of these rules:
 * `added_vocabulary.rs` of huggingface/tokenizers.
 */
export function splitAtAdded(
  text: string,
  added: readonly AddedText[],
  matcher: Matcher | undefined,
  parseSpecial: boolean,
  visitor: SplitVisitor,
): void {
  const longest = matcher?.longestAt(text);
  let done = 0;
  for (let at = 0; longest !== undefined && at < text.length; ) {
    const found = added[(longest[at] ?? 0) - 1];
    if (found === undefined) {
      at += 1;
      continue;
    }
    let start = at;
    let end = at + found.text.length;
    at = end;
    if (found.special && !parseSpecial) continue;
    if (found.token.singleWord && touchesWord(text, start, end)) continue;
    if (found.token.lstrip) start = Math.max(done, spacesBefore(text, start));
    if (found.token.rstrip) end = spacesAfter(text, end);
    if (start > done) visitor.text(text.slice(done, start), done);
    visitor.token(found.token.id);
    done = end;
    at = Math.max(at, done);
  }
  if (done < text.length) visitor.text(text.slice(done), done);
}

function touchesWord(text: string, start: number, end: number): boolean {
  // Two units are enough for one character.
  return WORD_AT_END.test(text.slice(Math.max(0, start - 2), start)) || WORD_AT_START.test(text.slice(end, end + 2));
}

/** All whitespace characters are in the Basic Multilingual Plane: one unit each. */
function isSpace(text: string, at: number): boolean {
  return WHITE_SPACE.test(text.charAt(at));
}

function spacesBefore(text: string, position: number): number {
  let at = position;
  while (at > 0 && isSpace(text, at - 1)) at -= 1;
  return at;
}

function spacesAfter(text: string, position: number): number {
  let at = position;
  while (at < text.length && isSpace(text, at)) at += 1;
  return at;
}
