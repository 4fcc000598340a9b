/** Looks at HTML as a browser parses it. */
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse, parseFragment } from 'parse5';

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

/** Elements in document order, and what the parser had to say. */
export interface ParsedMarkup {
  readonly elements: readonly Element[];
  readonly problems: readonly string[];
}

/** A whole page. */
export function parsePage(source: string): ParsedMarkup {
  const problems: string[] = [];
  const document = parse(source, {
    onParseError: ({ code, startLine }) => problems.push(`${code} in line ${startLine}`),
  });
  return { elements: elementsOf(document), problems };
}

/** A piece of a page. */
export function parsePiece(source: string): ParsedMarkup {
  return { elements: elementsOf(parseFragment(source)), problems: [] };
}

/** Names of elements, each once. */
export function tagNames({ elements }: ParsedMarkup): Set<string> {
  return new Set(elements.map(({ tagName }) => tagName));
}

/** Names of attributes, each once. */
export function attributeNames({ elements }: ParsedMarkup): Set<string> {
  return new Set(elements.flatMap(({ attrs }) => attrs.map(({ name }) => name)));
}

/** The text of an element. */
export function textOf(node: Node): string {
  if (defaultTreeAdapter.isTextNode(node)) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}

/** The element of that id. */
export function byId({ elements }: ParsedMarkup, id: string): Element | undefined {
  return elements.find(({ attrs }) => attrs.some(({ name, value }) => name === 'id' && value === id));
}

function elementsOf(node: Node): Element[] {
  const below = 'childNodes' in node ? node.childNodes.flatMap(elementsOf) : [];
  return defaultTreeAdapter.isElementNode(node) ? [node, ...below] : below;
}
