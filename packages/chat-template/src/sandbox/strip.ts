/** `strip`, `lstrip` and `rstrip` with the characters to strip, which the library's ignore: `content.strip('\n')`. */
import { attributeOf, childOf, listOf } from './inspect/nodes.ts';
import type { RuntimeValue, TemplateNode } from './library.ts';

/** The parts of such a call; undefined for other nodes. */
export function stripCall(
  node: TemplateNode | undefined,
): { readonly method: string; readonly object: TemplateNode; readonly characters: TemplateNode } | undefined {
  if (node?.type !== 'CallExpression') return undefined;
  const callee = childOf(node, 'callee');
  const method = callee?.type === 'MemberExpression' ? attributeOf(callee) : undefined;
  if (callee === undefined || (method !== 'strip' && method !== 'lstrip' && method !== 'rstrip')) return undefined;
  const [characters, ...more] = listOf(node, 'args');
  const object = childOf(callee, 'object');
  if (object === undefined || characters === undefined || more.length > 0) return undefined;
  return /^(Keyword|Spread)/.test(characters.type) ? undefined : { method, object, characters };
}

/** A text without the characters at its ends; undefined where these values are none for that. */
export function strip(method: string, object: RuntimeValue, characters: RuntimeValue): RuntimeValue | undefined {
  if (typeof object.value !== 'string' || typeof characters.value !== 'string') return undefined;
  const text = [...object.value];
  const stripped = new Set(characters.value);
  let from = 0;
  let to = text.length;
  if (method !== 'rstrip') while (from < to && stripped.has(text[from] ?? '')) from++;
  if (method !== 'lstrip') while (to > from && stripped.has(text[to - 1] ?? '')) to--;
  // The library exports no class of values; every value has its own.
  const StringValue = object.constructor as new (text: string) => RuntimeValue;
  return new StringValue(text.slice(from, to).join(''));
}
