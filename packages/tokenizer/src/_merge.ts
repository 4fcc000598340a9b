/**
 * Byte-pair merging: again and again the adjacent pair of the lowest rank, the leftmost of equals, becomes one symbol,
 * until no pair has a rank.
 *
 * The obvious way looks through all pairs for each merge, which is quadratic: a minute of work for a page of text
 * without spaces. Here the symbols are a linked list in typed arrays and the candidates a binary heap. A merge makes two
 * new pairs and outdates two; the outdated ones stay in the heap and are recognised when they come up. So n symbols
 * cost at most 3n heap entries and n log n steps.
 *
 * A heap entry is one double: `rank × 2^31 + position`. It orders by rank and then by position, and needs no object.
 */

/** Positions stay below this; the longest string of JavaScript has fewer than 2^31 bytes of UTF-8. */
const POSITIONS = 2 ** 31;

/** Buffers up to this many symbols are kept for the next call. */
const KEPT_SYMBOLS = 4096;

/** The symbols of one piece of text, as a list over positions. */
export interface SymbolList {
  /** Shape [capacity]: id of the symbol at a position; -1 where the text is not in the vocabulary. */
  ids: Int32Array;
  /** Shape [capacity + 1]: where the symbol starts in the text. Used by the rule that looks text up. */
  starts: Int32Array;
  /** Shape [capacity]: position of the following symbol; the number of symbols for the last one. */
  next: Int32Array;
  /** Shape [capacity]: position of the symbol in front; -1 for the first one. */
  previous: Int32Array;
  /** Shape [capacity]: rank of the pair that starts here; -1 for none. */
  ranks: Int32Array;
  /** Shape [capacity]: what the pair that starts here becomes. */
  outputs: Int32Array;
  /** Shape [3 × capacity], a binary min-heap of `heapLength` entries. */
  heap: Float64Array;
  heapLength: number;
}

/** How often the loops ran: what a test of the growth counts instead of time. */
export interface MergeWork {
  steps: number;
}

/**
 * Gives the rank of the pair of the symbols at `left` and `right` (-1: they do not merge) and, where there is one, sets
 * `list.outputs[left]`.
 */
export type PairRule = (list: SymbolList, left: number, right: number) => number;

/** Buffers for `capacity` symbols. */
export function createSymbolList(capacity: number = KEPT_SYMBOLS): SymbolList {
  return {
    ids: new Int32Array(capacity),
    starts: new Int32Array(capacity + 1),
    next: new Int32Array(capacity),
    previous: new Int32Array(capacity),
    ranks: new Int32Array(capacity),
    outputs: new Int32Array(capacity),
    heap: new Float64Array(3 * capacity),
    heapLength: 0,
  };
}

/** `kept` where it has room for `count` symbols, else larger buffers that live only for one call. */
export function symbolListFor(kept: SymbolList, count: number): SymbolList {
  return count <= kept.ids.length ? kept : createSymbolList(count);
}

/**
 * Merges the first `count` symbols of `list`, whose `ids` (and `starts`) the caller has set, by `rule`. Afterwards the
 * list that starts at position 0 and follows `next` up to `count` is the result.
 */
export function mergeSymbols(list: SymbolList, count: number, rule: PairRule, work?: MergeWork): void {
  const { ids, next, previous, ranks, outputs } = list;
  list.heapLength = 0;
  for (let position = 0; position < count; position++) {
    next[position] = position + 1;
    previous[position] = position - 1;
    ranks[position] = -1;
  }
  for (let position = 0; position + 1 < count; position++) offer(list, position, position + 1, rule, work);

  while (list.heapLength > 0) {
    const entry = pop(list, work);
    const rank = Math.floor(entry / POSITIONS);
    const position = entry - rank * POSITIONS;
    // The pair was swallowed by a neighbour, or has grown into another one.
    if (ranks[position] !== rank) continue;
    const right = next[position] ?? count;
    const after = next[right] ?? count;
    const before = previous[position] ?? -1;
    ids[position] = outputs[position] ?? -1;
    next[position] = after;
    ranks[right] = -1;
    ranks[position] = -1;
    if (after < count) {
      previous[after] = position;
      offer(list, position, after, rule, work);
    }
    if (before >= 0) offer(list, before, position, rule, work);
  }
}

/** Notes the rank of a pair, and puts it into the heap where it has one. */
function offer(list: SymbolList, left: number, right: number, rule: PairRule, work: MergeWork | undefined): void {
  const rank = rule(list, left, right);
  list.ranks[left] = rank;
  if (rank >= 0) push(list, rank * POSITIONS + left, work);
}

function push(list: SymbolList, entry: number, work: MergeWork | undefined): void {
  const { heap } = list;
  let hole = list.heapLength++;
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    const other = heap[parent] ?? 0;
    if (other <= entry) break;
    heap[hole] = other;
    hole = parent;
    if (work !== undefined) work.steps += 1;
  }
  heap[hole] = entry;
  if (work !== undefined) work.steps += 1;
}

function pop(list: SymbolList, work: MergeWork | undefined): number {
  const { heap } = list;
  const top = heap[0] ?? 0;
  const length = --list.heapLength;
  const last = heap[length] ?? 0;
  let hole = 0;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= length) break;
    if (child + 1 < length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child += 1;
    const other = heap[child] ?? 0;
    if (other >= last) break;
    heap[hole] = other;
    hole = child;
    if (work !== undefined) work.steps += 1;
  }
  heap[hole] = last;
  if (work !== undefined) work.steps += 1;
  return top;
}
