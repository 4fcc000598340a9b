/**
 * Objects with very many members, read one member at a time: the header of a safetensors file, an index of shards. Only
 * the bytes and one member are in memory; a hostile document ends at the caller's limit, not when all of it is a tree.
 */
import { type JsonReader, readJsonPart, unexpected } from './_json-reader.ts';
import { coreError } from './errors.ts';
import { jsonError } from './json-errors.ts';
import type { JsonValue } from './json-value.ts';
import { sanitizeText } from './text.ts';
import { firstInvalidUtf8 } from './utf8.ts';

/** Options of {@link visitJsonMembers}. */
export interface JsonMembersOptions {
  /** What the document is, for messages. */
  readonly what: string;
  /** Levels of nesting, that of the object itself included. */
  readonly maxDepth: number;
  /** Length of one member's value. */
  readonly maxMemberBytes: number;
  /** Values in one member, of any kind. */
  readonly maxMemberValues: number;
  /** Refuses `1.0`, `1e3` and `-0`. Default false. */
  readonly integersOnly?: boolean;
  /** Where the bytes start in their file; added to every offset. Default 0. */
  readonly baseOffset?: number;
  /** A member of the top object whose own members are visited one at a time, behind itself, where it is an object. */
  readonly nested?: string;
  /** Keys of the nested object so far, where the visitor keeps them: then they are not kept a second time. */
  readonly nestedKeys?: { has(key: string): boolean };
}

/** Looks at a member. `stop` ends the visit; what follows is not looked at. */
export type JsonMemberVisitor = (member: JsonMember) => 'stop' | undefined;

/** One member. */
export interface JsonMember {
  readonly key: string;
  /** Of the nested object: an empty one. */
  readonly value: JsonValue;
  /** Absolute byte offset of the value. */
  readonly offset: number;
  /** Whether it belongs to the nested object and not to the top one. */
  readonly isNested: boolean;
}

interface Walk {
  readonly bytes: Uint8Array;
  readonly options: JsonMembersOptions;
  readonly baseOffset: number;
  readonly decoder: TextDecoder;
  /** One for all parts: a new object for each costs more than the parsing. */
  readonly reader: JsonReader;
  readonly visit: JsonMemberVisitor;
  /** Index of the next byte. */
  at: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Reads a JSON object by the rules of `parseStrictJson` and hands over its members in their order. Time is linear, memory
 * that of the keys and the largest member. Throws the codes of `JSON_ERRORS`
 * (`JSON_SYNTAX` also for a document that is no object) and `INVALID_UTF8`, each with the byte offset; what stands behind
 * a mistake is not looked at.
 */
export function visitJsonMembers(bytes: Uint8Array, options: JsonMembersOptions, visit: JsonMemberVisitor): void {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const { what, maxDepth, integersOnly = false, baseOffset = 0 } = options;
  const reader: JsonReader = {
    text: '',
    what,
    baseOffset,
    maxDepth,
    integersOnly,
    position: 0,
    depth: 0,
    valuesLeft: 0,
    containersLeft: 0,
    pending: [],
  };
  const walk: Walk = { bytes, options, baseOffset, decoder, reader, visit, at: 0 };
  if (skipWhitespace(walk) !== OPEN) throw unexpectedByte(walk, '"{"');
  if (visitObject(walk, 1) === 'stop') return;
  if (skipWhitespace(walk) === undefined) return;
  const offset = walk.baseOffset + walk.at;
  throw jsonError('JSON_TRAILING', `${options.what} has text after its end`, { offset });
}

/** Visits the object that starts at the position. `depth`: its own level. */
function visitObject(walk: Walk, depth: number): 'stop' | undefined {
  const { options, baseOffset, visit } = walk;
  const keys = new Set<string>();
  const known = depth > 1 ? (options.nestedKeys ?? keys) : keys;
  walk.at++;
  let byte = skipWhitespace(walk);
  while (byte !== CLOSE) {
    if (byte !== QUOTE) throw unexpectedByte(walk, 'a key');
    const keyOffset = baseOffset + walk.at;
    const key = readPart(walk, depth) as string;
    if (known.has(key)) {
      const message = `${options.what} has the key "${sanitizeText(key)}" twice`;
      throw jsonError('JSON_DUPLICATE_KEY', message, { offset: keyOffset });
    }
    if (known === keys) keys.add(key);
    if (skipWhitespace(walk) !== 0x3a) throw unexpectedByte(walk, '":"');
    walk.at++;
    byte = skipWhitespace(walk);
    if (byte === undefined || byte === COMMA || byte === CLOSE) throw unexpectedByte(walk, 'a value');
    const offset = baseOffset + walk.at;
    const isOpened = depth === 1 && byte === OPEN && key === options.nested;
    const value = isOpened ? new Map() : readPart(walk, depth);
    if (visit({ key, value, offset, isNested: depth > 1 }) === 'stop') return 'stop';
    if (isOpened && visitObject(walk, 2) === 'stop') return 'stop';
    byte = skipWhitespace(walk);
    if (byte === COMMA) {
      walk.at++;
      byte = skipWhitespace(walk);
      if (byte === CLOSE) throw unexpectedByte(walk, 'a key after the comma');
    } else if (byte !== CLOSE) throw unexpectedByte(walk, '"," or "}"');
  }
  walk.at++;
  return undefined;
}

function skipWhitespace(walk: Walk): number | undefined {
  const { bytes } = walk;
  let { at } = walk;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at++;
  }
  walk.at = at;
  return bytes[at];
}

/** Parses the value at the position and moves behind it. What the search for its end misjudges, the parser refuses. */
function readPart(walk: Walk, depth: number): JsonValue {
  const { bytes, options, baseOffset, at: start } = walk;
  const end = findEnd(walk, depth);
  const part = bytes.subarray(start, end);
  let text: string;
  try {
    text = walk.decoder.decode(part);
  } catch (cause) {
    const offset = baseOffset + start + Math.max(0, firstInvalidUtf8(part));
    throw coreError('INVALID_UTF8', `${options.what} is not valid UTF-8`, { offset, cause });
  }
  walk.at = end;
  const { reader } = walk;
  reader.valuesLeft = options.maxMemberValues;
  reader.containersLeft = options.maxMemberValues;
  return readJsonPart(reader, text, baseOffset + start, depth);
}

/**
 * Where the value at the position ends, found by quotes and brackets alone; for one that is nested too deep, behind the
 * bracket that is too many. Throws `JSON_TOO_LARGE` for a value that is too long.
 */
function findEnd({ bytes, options, baseOffset, at: start }: Walk, depth: number): number {
  const last = Math.min(bytes.length, start + options.maxMemberBytes);
  const first = bytes[start];
  const isScalar = first !== QUOTE && first !== OPEN && first !== 0x5b;
  let level = depth;
  let at = start;
  while (at < last) {
    const byte = bytes[at++];
    if (byte === QUOTE) {
      while (at < last && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
      if (at >= last) break;
      at++;
      if (level === depth && !isScalar) return at;
    } else if (byte === OPEN || byte === 0x5b) {
      if (++level > options.maxDepth) return at;
    } else if (byte === CLOSE || byte === 0x5d) {
      if (level === depth) return at - 1;
      if (--level === depth && !isScalar) return at;
    } else if (
      level === depth &&
      (byte === COMMA || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
    ) {
      return at - 1;
    }
  }
  if (last === bytes.length) return last;
  const message = `${options.what} has a value of more than ${options.maxMemberBytes} bytes`;
  throw jsonError('JSON_TOO_LARGE', message, { offset: baseOffset + start, limit: options.maxMemberBytes });
}

/** An error about the byte at the position, in the words of the parser. */
function unexpectedByte({ bytes, baseOffset, reader, at }: Walk, wanted: string): Error {
  // A character has at most four bytes; one that is broken is shown as U+FFFD.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(at, at + 4));
  return unexpected({ ...reader, text, baseOffset: baseOffset + at, position: 0 }, wanted);
}
