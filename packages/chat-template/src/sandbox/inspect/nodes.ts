/** Walking a template's tree. */
import type { TemplateNode } from '../library.ts';

/** Whether a value is a node of the tree. Operators are tokens: they have a type too, and no children. */
export function isNode(value: unknown): value is TemplateNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** Adds the nodes in the value of a field, in the order of the source. */
function addNodes(value: unknown, found: TemplateNode[]): void {
  if (Array.isArray(value)) for (const item of value) addNodes(item, found);
  else if (value instanceof Map) for (const entry of value) addNodes(entry, found);
  else if (isNode(value)) found.push(value);
}

/** A node and everything below it, in the order of the source. Without recursion: `a ~ a ~ …` is as deep as it is long. */
export function nodesOf(root: TemplateNode): TemplateNode[] {
  const nodes: TemplateNode[] = [];
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    nodes.push(node);
    const children: TemplateNode[] = [];
    for (const field in node) if (field !== 'operator') addNodes(node[field], children);
    while (children.length > 0) stack.push(children.pop() as TemplateNode);
  }
  return nodes;
}

/** A child by its name. */
export function childOf(node: TemplateNode, field: string): TemplateNode | undefined {
  const child = node[field];
  return isNode(child) ? child : undefined;
}

/** Children of a list by its name. */
export function listOf(node: TemplateNode, field: string): TemplateNode[] {
  const nodes: TemplateNode[] = [];
  addNodes(node[field], nodes);
  return nodes;
}

/** The text of a name. */
export function nameOf(node: TemplateNode | undefined): string | undefined {
  return node?.type === 'Identifier' ? String(node.value) : undefined;
}

/** The text of a constant expression: a literal, or literals joined by `~` and `+`. */
export function constantText(node: TemplateNode | undefined): string | undefined {
  if (node === undefined) return undefined;
  const parts: string[] = [];
  const stack = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.type === 'StringLiteral') parts.push(String(next.value));
    else if (next.type === 'BinaryExpression' && isJoin(next)) {
      const [left, right] = [childOf(next, 'left'), childOf(next, 'right')];
      if (left === undefined || right === undefined) return undefined;
      stack.push(right, left);
    } else return undefined;
  }
  return parts.join('');
}

/** The sign of an operation: `==`, `not in`. */
export function operatorOf(node: TemplateNode): string {
  return isNode(node.operator) ? String(node.operator.value) : '';
}

function isJoin(node: TemplateNode): boolean {
  return operatorOf(node) === '~' || operatorOf(node) === '+';
}

/** Name of the attribute that a member expression takes, where it is written down: `a.b`, `a['b']`. */
export function attributeOf(node: TemplateNode): string | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  const property = childOf(node, 'property');
  return node.computed === true ? constantText(property) : nameOf(property);
}
