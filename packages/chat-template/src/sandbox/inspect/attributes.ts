/** Names that lead from a value to the internals of Python or JavaScript. The interpreter here has none of them; others do. */
import type { TemplateNode } from '../library.ts';
import { attributeOf, childOf, constantText, listOf, nameOf } from './nodes.ts';

/** Internals without underscores: of JavaScript, of Python's frames and coroutines, of str.format. */
const INTERNALS = new Set([
  'constructor',
  'prototype',
  'mro',
  'func_globals',
  'func_code',
  'gi_frame',
  'gi_code',
  'f_globals',
  'f_locals',
  'f_builtins',
  'cr_frame',
  'ag_frame',
  'tb_frame',
  'format_map',
]);

/** Filters and methods that take the names of attributes as texts. */
const NAMING = new Set(['attr', 'map', 'selectattr', 'rejectattr', 'sort', 'groupby', 'unique', 'sum', 'get']);

/** Names of internals that nodes reach for, each once. */
export function findInternals(nodes: readonly TemplateNode[]): string[] {
  const names = new Set<string>();
  for (const node of nodes) {
    for (const name of namesIn(node)) if (isInternal(name)) names.add(name);
  }
  return [...names];
}

function isInternal(name: string): boolean {
  return INTERNALS.has(name) || /^__\w+/.test(name) || /^_?\w+__\w+__$/.test(name);
}

function namesIn(node: TemplateNode): string[] {
  const attribute = attributeOf(node) ?? nameOf(node);
  if (attribute !== undefined) return [attribute];
  if (node.type !== 'CallExpression') return [];
  const callee = childOf(node, 'callee');
  const called = nameOf(callee) ?? (callee === undefined ? undefined : attributeOf(callee));
  if (called === undefined || !NAMING.has(called)) return [];
  // `map(attribute='a.b')` has paths, `map('attr', '__class__')` hands one filter to another.
  return listOf(node, 'args').flatMap((argument) => {
    const value = argument.type === 'KeywordArgumentExpression' ? childOf(argument, 'value') : argument;
    return (constantText(value) ?? '').split('.');
  });
}
