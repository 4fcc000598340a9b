/**
 * Packs working buffers whose contents are never needed at the same time over each other.
 *
 * A buffer is live from a step that writes it anew to the last step that reads that content. One buffer may have many
 * such intervals (each layer reuses it); two buffers may share bytes only if none of theirs meet. Steps, not operations,
 * because the threads of an engine may be at different operations of one step.
 */
import { alignUp } from '@mirust/core';
import { type LoweredProgram, loweredOperands } from './lowering.ts';

/** Steps [first, last] of the program during which the content of a buffer matters. */
export interface LiveInterval {
  readonly first: number;
  readonly last: number;
}

/**
 * The live intervals of every buffer of a program. Inputs are live from -1, outputs to the step behind the last.
 * Throws Error when an operation reads what none has written: a mistake in an architecture, not in a file.
 */
export function liveIntervals(program: LoweredProgram): Map<string, LiveInterval[]> {
  const intervals = new Map<string, { first: number; last: number }[]>();
  for (const buffer of program.buffers) intervals.set(buffer.name, []);
  const open = (name: string, at: number): void => {
    const list = intervals.get(name);
    if (list === undefined) throw new Error(`step ${at} names the unknown buffer ${name}`);
    // Written anew within one step: still the same bytes.
    const current = list.at(-1);
    if (current?.last === at) return;
    list.push({ first: at, last: at });
  };
  const extend = (name: string, at: number): void => {
    const current = intervals.get(name)?.at(-1);
    if (current === undefined) throw new Error(`step ${at} reads ${name} before anything wrote it`);
    current.last = at;
  };
  for (const name of program.inputs) open(name, -1);
  for (const { operation, step } of program.operations) {
    const { reads, writes } = loweredOperands(operation);
    for (const name of reads) extend(name, step);
    for (const name of writes) if (!reads.includes(name)) open(name, step);
  }
  const end = (program.operations.at(-1)?.step ?? 0) + 1;
  for (const name of program.outputs) extend(name, end);
  return intervals;
}

/** Whether any interval of `a` meets any of `b`. Both are sorted and disjoint in themselves. */
export function intervalsMeet(a: readonly LiveInterval[], b: readonly LiveInterval[]): boolean {
  let j = 0;
  for (const interval of a) {
    while (j < b.length && (b[j]?.last ?? 0) < interval.first) j++;
    const other = b[j];
    if (other !== undefined && other.first <= interval.last) return true;
  }
  return false;
}

/** A buffer to be packed. */
export interface PackItem {
  readonly name: string;
  readonly byteLength: number;
  readonly intervals: readonly LiveInterval[];
}

/**
 * Gives every item an offset, multiples of `alignment`, so that items which are live together never overlap. Greedy:
 * the largest first, each at the lowest offset that is free; ties by name, so the result is deterministic.
 */
export function packBuffers(
  items: readonly PackItem[],
  alignment: number,
): { readonly offsets: ReadonlyMap<string, number>; readonly byteLength: number } {
  const order = [...items].sort((a, b) => b.byteLength - a.byteLength || (a.name < b.name ? -1 : 1));
  const placed: { item: PackItem; offset: number }[] = [];
  let byteLength = 0;
  for (const item of order) {
    let offset = 0;
    for (const other of placed) {
      // `placed` is kept sorted by offset, so one pass finds the first gap.
      if (other.offset >= offset + item.byteLength) break;
      const end = other.offset + other.item.byteLength;
      if (end > offset && intervalsMeet(item.intervals, other.item.intervals)) offset = alignUp(end, alignment);
    }
    placed.push({ item, offset });
    placed.sort((a, b) => a.offset - b.offset || b.item.byteLength - a.item.byteLength);
    byteLength = Math.max(byteLength, offset + item.byteLength);
  }
  const offsets = new Map(placed.map(({ item, offset }) => [item.name, offset] as const));
  return { offsets, byteLength: alignUp(byteLength, alignment) };
}
