/** Which expressions of a template are what somebody said: contents of messages, and what is made of them. */
import type { TemplateNode } from '../library.ts';
import { attributeOf, childOf, constantText, listOf, nameOf, nodesOf, operatorOf } from './nodes.ts';

/** Fields of a message that hold text. */
export const TEXT_FIELDS: ReadonlySet<string> = new Set([
  'content',
  'text',
  'reasoning_content',
  'reasoning',
  'thinking',
]);

/** Methods and filters of texts that give text. */
const TEXT_METHODS = new Set(
  'split strip lstrip rstrip lower upper title capitalize replace trim string tojson join first last default list partition removeprefix removesuffix safe casefold swapcase'.split(
    ' ',
  ),
);

/** Operations that give a truth, no text. */
export const COMPARISONS: ReadonlySet<string> = new Set(['in', 'not in', '==', '!=']);

/**
 * A pass follows any number of assignments in the order of the source; more are for macros that are defined behind their
 * arguments, and for loops.
 */
const MAX_PASSES = 8;

/** Names of variables and of fields of namespaces that hold text of messages, whatever their scope. */
export function spokenNames(all: readonly TemplateNode[]): Set<string> {
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
export function isSpoken(node: TemplateNode | undefined, spoken: ReadonlySet<string>): boolean {
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
