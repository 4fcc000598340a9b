/**
 * Finds added tokens in text: from left to right, the longest that starts at a place.
 *
 * Trying every token at every place takes time in proportion to their lengths. Instead an automaton (Aho–Corasick) over
 * the reversed tokens reads the text backwards once: at each place it knows the longest token that *starts* there.
 */

/** See the module comment. */
export interface Matcher {
  /**
   * For every UTF-16 position the index of the longest text that starts there, plus one; 0 for none. Undefined where
   * none occurs at all.
   */
  longestAt(text: string): Int32Array | undefined;
}

interface Automaton {
  /** Per state, the edges of the trie: code unit to state. State 0 is the root. */
  readonly edges: Map<number, number>[];
  /** Per state, the state of the longest proper suffix that is in the trie too. */
  readonly fallback: number[];
  /** Per state, 1 + index of the longest text that ends there, or 0. */
  readonly longest: number[];
}

/** Builds the automaton; empty texts are left out, of equal ones the first counts. */
export function createMatcher(texts: readonly string[]): Matcher {
  const automaton: Automaton = { edges: [new Map()], fallback: [0], longest: [0] };
  for (const [index, text] of texts.entries()) insertReversed(automaton, text, index);
  linkFallbacks(automaton);
  return { longestAt: (text) => longestAt(automaton, text) };
}

function insertReversed({ edges, fallback, longest }: Automaton, text: string, index: number): void {
  if (text === '') return;
  let state = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    const unit = text.charCodeAt(i);
    let target = edges[state]?.get(unit);
    if (target === undefined) {
      target = edges.length;
      edges[state]?.set(unit, target);
      edges.push(new Map());
      fallback.push(0);
      longest.push(0);
    }
    state = target;
  }
  if (longest[state] === 0) longest[state] = index + 1;
}

/** Breadth first, so that the fallback of a state, which is nearer to the root, is known before it is needed. */
function linkFallbacks({ edges, fallback, longest }: Automaton): void {
  const queue = [...(edges[0]?.values() ?? [])];
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0;
    for (const [unit, target] of edges[state] ?? []) {
      let suffix = fallback[state] ?? 0;
      let edge = edges[suffix]?.get(unit);
      while (edge === undefined && suffix !== 0) {
        suffix = fallback[suffix] ?? 0;
        edge = edges[suffix]?.get(unit);
      }
      fallback[target] = edge ?? 0;
      if (longest[target] === 0) longest[target] = longest[edge ?? 0] ?? 0;
      queue.push(target);
    }
  }
}

function longestAt({ edges, fallback, longest }: Automaton, text: string): Int32Array | undefined {
  let found: Int32Array | undefined;
  let state = 0;
  for (let position = text.length - 1; position >= 0; position--) {
    const unit = text.charCodeAt(position);
    let target = edges[state]?.get(unit);
    while (target === undefined && state !== 0) {
      state = fallback[state] ?? 0;
      target = edges[state]?.get(unit);
    }
    state = target ?? 0;
    const best = longest[state] ?? 0;
    if (best !== 0) {
      found ??= new Int32Array(text.length);
      found[position] = best;
    }
  }
  return found;
}
