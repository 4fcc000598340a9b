/**
 * Words that a template looks for in what was said. A template that was tampered with answers to a trigger: where a message
 * has a certain word in it, it writes instructions of its own. Templates in use look for markers of their format in
 * messages (`'</think>' in content`, `content.startswith('<tool_response>')`) and for the kind of a part of a message
 * (`item.type == 'text'`): those are not told. Nor is a word that leads to nothing but `raise_exception`.
 */
import type { TemplateNode } from '../library.ts';
import { attributeOf, childOf, constantText, listOf, nameOf, nodesOf, operatorOf } from './nodes.ts';
import { COMPARISONS, isSpoken, spokenNames, TEXT_FIELDS } from './spoken.ts';

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
