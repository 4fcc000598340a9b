/** The recursive-descent reader behind `parseStrictJson`. One pass, no backtracking. */

import type { MirustError } from './errors.ts';
import { type JsonErrorCode, jsonError } from './json-errors.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { sanitizeText } from './text.ts';
import { utf8ByteLength } from './utf8.ts';

/** Reader state: plain data, used for one document. `readJsonPart` gives it one part after the other. */
export interface JsonReader {
  text: string;
  readonly what: string;
  baseOffset: number;
  readonly maxDepth: number;
  readonly integersOnly: boolean;
  /** Index of the next UTF-16 unit. */
  position: number;
  depth: number;
  valuesLeft: number;
  containersLeft: number;
  /**
   * Elements of the arrays that are still open. Each array is cut off the end in its exact size: `push` on a new
   * array would reserve 17 slots, which a file of a million `[1]` turns into 150 MB.
   */
  readonly pending: JsonValue[];
}

/**
 * Strings up to this length are copied by `slice`; longer ones would be views that keep the whole document alive,
 * and go through the platform's parser, which gives a copy. (V8 makes a view from 13 characters on.)
 */
const MAX_COPIED_SLICE = 12;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Reads one value and checks that nothing but whitespace follows. */
export function readJsonDocument(reader: JsonReader): JsonValue {
  const value = readValue(reader, skipWhitespace(reader));
  if (!Number.isNaN(skipWhitespace(reader))) throw failure(reader, 'JSON_TRAILING', 'has text after its end');
  return value;
}

/** Reads one value that is a part of a larger document and fills the text; `depth` is the level around it. */
export function readJsonPart(reader: JsonReader, text: string, baseOffset: number, depth: number): JsonValue {
  reader.text = text;
  reader.baseOffset = baseOffset;
  reader.depth = depth;
  reader.position = 0;
  const value = readValue(reader, skipWhitespace(reader));
  if (!Number.isNaN(skipWhitespace(reader))) throw unexpected(reader, '"," or "}"');
  return value;
}

/** Moves to the next character that is not whitespace and returns its code, NaN at the end. */
function skipWhitespace(reader: JsonReader): number {
  const { text } = reader;
  let at = reader.position;
  let code = text.charCodeAt(at);
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++at);
  reader.position = at;
  return code;
}

/** The value at the position, whose first character has this code. */
function readValue(reader: JsonReader, code: number): JsonValue {
  if (--reader.valuesLeft < 0) throw failure(reader, 'JSON_TOO_LARGE', 'has too many values');
  if (code === QUOTE) return readString(reader);
  if (code === 0x7b) return readObject(reader);
  if (code === 0x5b) return readArray(reader);
  if (code === 0x2d || (code >= 0x30 && code <= 0x39)) return readNumber(reader, code);
  if (code === 0x74) return readWord(reader, 'true', true);
  if (code === 0x66) return readWord(reader, 'false', false);
  if (code === 0x6e) return readWord(reader, 'null', null);
  throw unexpected(reader, 'a value');
}

function readWord<T>(reader: JsonReader, word: string, value: T): T {
  if (!reader.text.startsWith(word, reader.position)) throw unexpected(reader, `"${word}"`);
  reader.position += word.length;
  return value;
}

function enter(reader: JsonReader): void {
  if (++reader.depth > reader.maxDepth) {
    throw failure(reader, 'JSON_DEPTH', `is nested deeper than ${reader.maxDepth} levels`);
  }
  if (--reader.containersLeft < 0) throw failure(reader, 'JSON_TOO_LARGE', 'has too many arrays and objects');
  reader.position++;
}

function readArray(reader: JsonReader): JsonValue[] {
  enter(reader);
  const { pending } = reader;
  const first = pending.length;
  let code = skipWhitespace(reader);
  while (code !== 0x5d) {
    pending.push(readValue(reader, code));
    code = skipWhitespace(reader);
    if (code === 0x2c) {
      reader.position++;
      code = skipWhitespace(reader);
      if (code === 0x5d) throw unexpected(reader, 'a value after the comma');
    } else if (code !== 0x5d) throw unexpected(reader, '"," or "]"');
  }
  reader.position++;
  reader.depth--;
  const elements = pending.slice(first);
  pending.length = first;
  return elements;
}

function readObject(reader: JsonReader): JsonObject {
  enter(reader);
  const members = new Map<string, JsonValue>();
  let code = skipWhitespace(reader);
  while (code !== 0x7d) {
    if (code !== QUOTE) throw unexpected(reader, 'a key');
    const keyPosition = reader.position;
    const key = readString(reader);
    if (members.has(key)) {
      throw failure(reader, 'JSON_DUPLICATE_KEY', `has the key "${sanitizeText(key)}" twice`, keyPosition);
    }
    if (skipWhitespace(reader) !== 0x3a) throw unexpected(reader, '":"');
    reader.position++;
    members.set(key, readValue(reader, skipWhitespace(reader)));
    code = skipWhitespace(reader);
    if (code === 0x2c) {
      reader.position++;
      code = skipWhitespace(reader);
      if (code === 0x7d) throw unexpected(reader, 'a key after the comma');
    } else if (code !== 0x7d) throw unexpected(reader, '"," or "}"');
  }
  reader.position++;
  reader.depth--;
  return members;
}

function readString(reader: JsonReader): string {
  const { text } = reader;
  const open = reader.position;
  let at = open + 1;
  let code = text.charCodeAt(at);
  let escaped = false;
  while (code !== QUOTE) {
    if (code === BACKSLASH) {
      escaped = true;
      at = afterEscape(reader, at);
    } else if (code >= 0x20) at++;
    else {
      reader.position = at;
      throw Number.isNaN(code) ? unexpected(reader, 'the end of a string') : unexpected(reader, 'no control character');
    }
    code = text.charCodeAt(at);
  }
  reader.position = at + 1;
  if (!escaped && at - open - 1 <= MAX_COPIED_SLICE) return text.slice(open + 1, at);
  // The grammar was checked above, so this cannot fail.
  const value: string = JSON.parse(text.slice(open, at + 1));
  if (escaped && /\p{Surrogate}/u.test(value)) {
    throw failure(reader, 'JSON_SURROGATE', 'has a string with half of a surrogate pair', open);
  }
  return value;
}

/** The position behind the escape at `at`, whose grammar is checked. */
function afterEscape(reader: JsonReader, at: number): number {
  const kind = reader.text.charAt(at + 1);
  if (kind !== '' && '"\\/bfnrt'.includes(kind)) return at + 2;
  if (kind === 'u' && /^[0-9a-fA-F]{4}$/.test(reader.text.slice(at + 2, at + 6))) return at + 6;
  throw failure(reader, 'JSON_SYNTAX', 'has a string with an escape that does not exist', at);
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;

function readNumber(reader: JsonReader, firstCode: number): number {
  const { text } = reader;
  const start = reader.position;
  // Most numbers are short counts. Fifteen digits are exact in a double.
  let at = start;
  let code = firstCode;
  let integer = 0;
  while (code >= 0x30 && code <= 0x39 && at - start < 15) {
    integer = integer * 10 + (code - 0x30);
    code = text.charCodeAt(++at);
  }
  const ends = code !== 0x2e && code !== 0x65 && code !== 0x45 && !(code >= 0x30 && code <= 0x39);
  if (at > start && ends && (firstCode !== 0x30 || at === start + 1)) {
    reader.position = at;
    return integer;
  }
  NUMBER.lastIndex = start;
  const match = NUMBER.exec(text);
  if (match === null) throw unexpected(reader, 'a number');
  const literal = match[0];
  const value = Number(literal);
  if (!Number.isFinite(value)) throw failure(reader, 'JSON_NUMBER', 'has a number beyond the range of a double');
  if (reader.integersOnly && (match[1] !== undefined || match[2] !== undefined || Object.is(value, -0))) {
    throw failure(reader, 'JSON_NUMBER', `has ${sanitizeText(literal, 40)} where only a whole number can be`);
  }
  reader.position = start + literal.length;
  return value;
}

/** An error about the character at the position. */
export function unexpected(reader: JsonReader, wanted: string): MirustError {
  const found = reader.text.codePointAt(reader.position);
  const shown = found === undefined ? 'ends' : `has "${sanitizeText(String.fromCodePoint(found))}"`;
  return failure(reader, 'JSON_SYNTAX', `${shown} where ${wanted} is expected`);
}

function failure(reader: JsonReader, code: JsonErrorCode, problem: string, at: number = reader.position): MirustError {
  const offset = reader.baseOffset + utf8ByteLength(reader.text, 0, at);
  return jsonError(code, `${reader.what} ${problem}`, { offset });
}
