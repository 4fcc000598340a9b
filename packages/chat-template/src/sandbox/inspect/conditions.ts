/**
 * Words that a template looks for in what was said. A template that was tampered with answers to a trigger: where a message
 * has a certain word in it, it writes instructions of its own. Templates in use look for markers of their format in
 * messages (`'</think>' in content`, `content.startswith('<tool_response>')`) and for the kind of a part of a message
 * (`item.type == 'text'`): those are not told. Nor is a word that leads to nothing but `raise_exception`.
 */
import type { TemplateNode } from '../library.ts';
import { attributeOf, childOf, constantText, listOf, nameOf, nodesOf, operatorOf } from './nodes.ts';

/** Fields of a message that hold text. */
const TEXT_FIELDS = new Set(['content', 'text', 'reasoning_content', 'reasoning', 'thinking']);

/** Methods and filters of texts that give text. */
const TEXT_METHODS = new Set(
  'split strip lstrip rstrip lower upper title capitalize replace trim string tojson join first last default list partition removeprefix removesuffix safe casefold swapcase'.split(
    ' ',
  ),
);

/** Methods that look for a text in another. */
const SEARCHES = new Set(['startswith', 'endswith', 'find', 'rfind', 'index', 'count']);

/** Kinds of parts of a message: keys and values that templates for images and sounds look for. */
const PART_KINDS = new Set([
  'text',
  'image',
  'image_url',
  'video',
  'audio',
  'input_audio',
  'file',
  'type',
  'name',
  'url',
]);

/** Commands by which users switch thinking on and off, as published templates know them. */
const COMMANDS = new Set(['/think', '/no_think', '/nothink', '/system_override']);

const COMPARISONS = new Set(['in', 'not in', '==', '!=']);

/**
 * A pass follows any number of assignments in the order of the source; more are for macros that are defined behind their
 * arguments, and for loops.
 */
const MAX_PASSES = 8;

/** Words that messages are searched for, each once, in the order of the source. */
export function findTriggers(nodes: readonly TemplateNode[]): string[] {
  const spoken = spokenNames(nodes);
  const constants = constantNames(nodes);
  const harmless = new Set<TemplateNode>();
  for (const node of nodes) {
    if (node.type === 'If' && refuses(listOf(node, 'body'))) {
      const test = childOf(node, 'test');
      if (test !== undefined) for (const inner of nodesOf(test)) harmless.add(inner);
    }
  }
  const triggers = new Set<string>();
  for (const node of nodes) {
    if (harmless.has(node)) continue;
    for (const text of comparedTexts(node, spoken, constants)) if (!isMarkup(text)) triggers.add(text);
  }
  return [...triggers];
}

/** Whether a text is a marker of a format, no word that somebody says. */
function isMarkup(text: string): boolean {
  if (PART_KINDS.has(text) || COMMANDS.has(text.trim())) return true;
  if (!/[\p{L}\p{N}]/u.test(text)) return true;
  // With one word between two markers: `<|channel|>analysis<|message|>`.
  const rest = text.replace(/<[^<>\s]{1,40}>|\[\/?[A-Z_]{1,40}\]/gu, '').trim();
  return rest.length < text.trim().length && /^\S{0,16}$/u.test(rest);
}

/** Whether a branch does nothing but refuse. */
function refuses(body: readonly TemplateNode[]): boolean {
  const acts = body.filter((node) => node.type !== 'Comment' && constantText(node)?.trim() !== '');
  return acts.length > 0 && acts.every((node) => nameOf(childOf(node, 'callee')) === 'raise_exception');
}

/** Constant texts that this node compares with what was said. */
function comparedTexts(node: TemplateNode, spoken: ReadonlySet<string>, constants: Constants): readonly string[] {
  const constantsIn = (found: TemplateNode | undefined): readonly string[] => constantTexts(found, constants);
  if (node.type === 'BinaryExpression' && COMPARISONS.has(operatorOf(node))) {
    const [left, right] = [childOf(node, 'left'), childOf(node, 'right')];
    if (isSpoken(left, spoken)) return constantsIn(right);
    return isSpoken(right, spoken) ? constantsIn(left) : [];
  }
  if (node.type !== 'CallExpression') return [];
  const callee = childOf(node, 'callee');
  const args = listOf(node, 'args');
  if (callee?.type === 'MemberExpression' && SEARCHES.has(attributeOf(callee) ?? '')) {
    return isSpoken(childOf(callee, 'object'), spoken) ? args.slice(0, 1).flatMap(constantsIn) : [];
  }
  // `messages | selectattr('content', 'equalto', 'word')`
  const filter = nameOf(callee);
  if ((filter === 'selectattr' || filter === 'rejectattr') && TEXT_FIELDS.has(constantText(args[0]) ?? '')) {
    return args.slice(2).flatMap(constantsIn);
  }
  return [];
}

/** Texts that variables are set to, by name. */
type Constants = ReadonlyMap<string, readonly string[]>;

function constantNames(nodes: readonly TemplateNode[]): Constants {
  const constants = new Map<string, string[]>();
  for (const node of nodes) {
    const name = node.type === 'Set' ? nameOf(childOf(node, 'assignee')) : undefined;
    const texts = name === undefined ? [] : constantTexts(childOf(node, 'value'), new Map());
    if (name !== undefined && texts.length > 0) constants.set(name, [...(constants.get(name) ?? []), ...texts]);
  }
  return constants;
}

/** A constant text, those of a list of constants, or of a variable that is set to such. */
function constantTexts(node: TemplateNode | undefined, constants: Constants): readonly string[] {
  if (node === undefined) return [];
  const text = constantText(node);
  if (text !== undefined) return [text];
  const name = nameOf(node);
  if (name !== undefined) return constants.get(name) ?? [];
  const isList = node.type === 'ArrayLiteral' || node.type === 'TupleLiteral';
  return isList ? listOf(node, 'value').flatMap((item) => constantTexts(item, constants)) : [];
}

/** Names of variables and of fields of namespaces that hold text of messages, whatever their scope. */
function spokenNames(all: readonly TemplateNode[]): Set<string> {
  const spoken = new Set<string>();
  const nodes = all.filter(
    ({ type }) => type === 'Set' || type === 'For' || type === 'CallExpression' || type === 'Macro',
  );
  const macros = new Map(
    nodes.filter(({ type }) => type === 'Macro').map((node) => [nameOf(childOf(node, 'name')), node]),
  );
  for (let pass = 0, before = -1; pass < MAX_PASSES && before < spoken.size; pass++) {
    before = spoken.size;
    for (const node of nodes) {
      const call = node.type === 'CallExpression' ? nameOf(childOf(node, 'callee')) : undefined;
      const macro = call === undefined ? undefined : macros.get(call);
      if (node.type === 'Set') {
        const value = childOf(node, 'value');
        const written = value === undefined ? listOf(node, 'body') : [value];
        if (written.some((part) => isSpoken(part, spoken))) addTarget(childOf(node, 'assignee'), spoken);
      } else if (node.type === 'For') {
        const iterable = childOf(node, 'iterable');
        // The parts of a content are no text; the words that a content is split into are.
        if (iterable?.type !== 'MemberExpression' && iterable?.type !== 'Identifier' && isSpoken(iterable, spoken)) {
          addTarget(childOf(node, 'loopvar'), spoken);
        }
      } else if (macro !== undefined) {
        const parameters = listOf(macro, 'args');
        for (const [index, argument] of listOf(node, 'args').entries()) {
          const keyword = argument.type === 'KeywordArgumentExpression';
          const target = keyword ? childOf(argument, 'key') : parameters[index];
          const name = target?.type === 'KeywordArgumentExpression' ? childOf(target, 'key') : target;
          if (isSpoken(keyword ? childOf(argument, 'value') : argument, spoken)) addTarget(name, spoken);
        }
      }
    }
  }
  return spoken;
}

function addTarget(target: TemplateNode | undefined, spoken: Set<string>): void {
  if (target === undefined) return;
  const name = nameOf(target) ?? attributeOf(target);
  if (name !== undefined) spoken.add(name);
  if (target.type === 'TupleLiteral') for (const item of listOf(target, 'value')) addTarget(item, spoken);
}

/** Whether an expression is text of a message, or made of such text. */
function isSpoken(node: TemplateNode | undefined, spoken: ReadonlySet<string>): boolean {
  const stack = node === undefined ? [] : [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const name = nameOf(next);
    if (name !== undefined && spoken.has(name)) return true;
    if (givesContents(next)) return true;
    const attribute = attributeOf(next);
    if (attribute !== undefined) {
      if (TEXT_FIELDS.has(attribute) || spoken.has(attribute)) return true;
      if (!TEXT_METHODS.has(attribute)) continue;
    }
    stack.push(...sourcesOf(next));
  }
  return false;
}

/** Whether a filter takes the contents of messages: `messages | map(attribute='content')`, `message | tojson`. */
function givesContents(node: TemplateNode): boolean {
  const filter = node.type === 'FilterExpression' ? childOf(node, 'filter') : undefined;
  if (filter === undefined) return false;
  const name = nameOf(filter) ?? nameOf(childOf(filter, 'callee'));
  if (name === 'map') return nodesOf(filter).some((part) => TEXT_FIELDS.has(constantText(part) ?? ''));
  if (name !== 'tojson' && name !== 'string') return false;
  let operand = childOf(node, 'operand');
  while (operand?.type === 'MemberExpression') operand = childOf(operand, 'object');
  return /^messages?$/.test(nameOf(operand) ?? '');
}

/** The parts of an expression whose text can become its own. */
function sourcesOf(node: TemplateNode): TemplateNode[] {
  const children = (...fields: readonly string[]): TemplateNode[] =>
    fields.flatMap((field) => childOf(node, field) ?? []);
  switch (node.type) {
    case 'MemberExpression':
      return children('object');
    case 'CallExpression': {
      const callee = childOf(node, 'callee');
      // A macro gives back what it was given; a method of a text, parts of it.
      return nameOf(callee) === undefined ? children('callee') : listOf(node, 'args');
    }
    case 'KeywordArgumentExpression':
      return children('value');
    case 'FilterExpression': {
      const filter = childOf(node, 'filter');
      const name = nameOf(filter) ?? nameOf(filter === undefined ? undefined : childOf(filter, 'callee')) ?? '';
      return TEXT_METHODS.has(name) ? children('operand') : [];
    }
    case 'BinaryExpression':
      return COMPARISONS.has(operatorOf(node)) ? [] : children('left', 'right');
    case 'Ternary':
      return children('trueExpr', 'falseExpr');
    case 'SelectExpression':
      return children('lhs');
    default:
      return [];
  }
}
