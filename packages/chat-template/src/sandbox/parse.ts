/** A template's text made a tree, or the reason why it is none, with its line. */
import type { TemplateFault } from '../job.ts';
import { normalizeEscapes } from './escapes.ts';
import { parseTokens, type TemplateNode, type TemplateToken, tokenizeTemplate } from './library.ts';
import { findTags, type TemplateTag } from './tags.ts';

/** Deepest nesting of brackets, or of blocks: the parser recurses. Templates in use have up to 12. */
const MAX_NESTING = 100;

/** The library's lexer takes time that grows with the square of such a run. */
const LONG_SPACE = /\s{2000}/;

/** Most characters of a message. */
const MAX_MESSAGE_CHARACTERS = 200;

/** Tags that read other files. The library knows none of them. */
const INCLUDING = new Set(['include', 'import', 'from', 'extends']);

/** Tags of Jinja that the library does not have. */
const LACKING = new Set(['raw', 'with', 'autoescape', 'block']);

/** Reads a template. Never throws. */
export function parseTemplate(source: string): { readonly program: TemplateNode } | { readonly fault: TemplateFault } {
  const tags = findTags(source);
  const foreign = tags.find(({ open, word }) => open === '{%' && INCLUDING.has(word));
  if (foreign !== undefined) {
    return {
      fault: { code: 'TEMPLATE_INCLUDE', message: `the template has a tag "${foreign.word}"`, line: foreign.line },
    };
  }
  const space = LONG_SPACE.exec(source);
  if (space !== null) {
    const line = source.slice(0, space.index).split('\n').length;
    return { fault: faultAt('TEMPLATE_LIMIT', 'the template has a very long run of white space', line) };
  }
  let tokens: TemplateToken[];
  try {
    tokens = tokenizeTemplate(normalizeEscapes(source));
  } catch (error) {
    return {
      fault: syntaxFault(
        error,
        tags.find(({ text }) => !isLexical(text)),
      ),
    };
  }
  const deep = deepToken(tokens);
  if (deep !== undefined) {
    const line = tagOfToken(tags, tokens, deep)?.line;
    return { fault: faultAt('TEMPLATE_LIMIT', `the template nests deeper than ${MAX_NESTING}`, line) };
  }
  try {
    return { program: parseTokens(tokens) };
  } catch (error) {
    if (error instanceof RangeError)
      return { fault: faultAt('TEMPLATE_LIMIT', 'the template nests too deeply', undefined) };
    const tag = tagOfToken(tags, tokens, lastTokenRead(tokens));
    if (tag !== undefined && tag.open === '{%' && LACKING.has(tag.word)) {
      return { fault: faultAt('TEMPLATE_UNSUPPORTED', `the interpreter has no tag "${tag.word}"`, tag.line) };
    }
    return { fault: syntaxFault(error, tag) };
  }
}

function faultAt(code: TemplateFault['code'], message: string, line: number | undefined): TemplateFault {
  return { code, message, ...(line === undefined ? {} : { line }) };
}

/** The parser reads behind the last token where a template ends too early, which is a TypeError of JavaScript. */
function syntaxFault(error: unknown, tag: TemplateTag | undefined): TemplateFault {
  const early = error instanceof TypeError || !(error instanceof Error);
  const message = early ? 'the template ends inside a tag or a block' : error.message.slice(0, MAX_MESSAGE_CHARACTERS);
  return faultAt('TEMPLATE_SYNTAX', message, tag?.line);
}

/** Whether a tag alone can be cut into tokens. */
function isLexical(text: string): boolean {
  try {
    tokenizeTemplate(normalizeEscapes(text));
    return true;
  } catch {
    return false;
  }
}

/** What brackets do to the depth. */
const BRACKETS: ReadonlyMap<string, number> = new Map([
  ['OpenParen', 1],
  ['OpenSquareBracket', 1],
  ['OpenCurlyBracket', 1],
  ['CloseParen', -1],
  ['CloseSquareBracket', -1],
  ['CloseCurlyBracket', -1],
]);

/** Tags that open a block. */
const OPENING = new Set(['if', 'for', 'macro', 'call', 'filter']);

/** Index of a token that opens one level too many. */
function deepToken(tokens: readonly TemplateToken[]): number | undefined {
  /** Levels of every open block: an `elif` is a level inside its `if`. */
  const blocks: number[] = [];
  let levels = 0;
  let brackets = 0;
  let prefixes = 0;
  for (const [index, { type, value }] of tokens.entries()) {
    brackets += BRACKETS.get(type) ?? 0;
    if (type === 'OpenStatement') {
      const word = tokens[index + 1]?.value ?? '';
      if (word.startsWith('end')) levels -= blocks.pop() ?? 0;
      else if (word === 'elif' || OPENING.has(word) || (word === 'set' && !isAssignment(tokens, index))) {
        levels++;
        blocks.push(word === 'elif' ? (blocks.pop() ?? 0) + 1 : 1);
      }
    }
    prefixes = type === 'UnaryOperator' || value === 'not' ? prefixes + 1 : 0;
    if (Math.max(brackets, levels, prefixes) > MAX_NESTING) return index;
  }
  return undefined;
}

/** Whether a `set` has its value in the tag; otherwise a block follows. */
function isAssignment(tokens: readonly TemplateToken[], index: number): boolean {
  for (let at = index; at < tokens.length && tokens[at]?.type !== 'CloseStatement'; at++) {
    if (tokens[at]?.type === 'Equals') return true;
  }
  return false;
}

/** The token at which the parser gives up. Watching it is slow, so that it parses once more. */
function lastTokenRead(tokens: TemplateToken[]): number {
  let last = 0;
  const watched = new Proxy(tokens, {
    get(target, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) last = Math.min(Number(key), target.length - 1);
      return Reflect.get(target, key, receiver);
    },
  });
  try {
    parseTokens(watched);
  } catch {
    // The same error again.
  }
  return last;
}

/** The tag that a token belongs to: tokens open tags in the order of the source, without the `generation` tags. */
function tagOfToken(
  tags: readonly TemplateTag[],
  tokens: readonly TemplateToken[],
  index: number,
): TemplateTag | undefined {
  const opened = tokens.slice(0, index + 1).filter(({ type }) => /^(OpenStatement|OpenExpression|Comment)$/.test(type));
  return tags.filter(({ word }) => !/^(end)?generation$/.test(word))[Math.max(0, opened.length - 1)];
}
