/** From an entry of the corpus to a new input. */
import { havoc } from './havoc.mjs';
import { structuralStep } from './structural.mjs';

/** Longer inputs only cost time: every format's limits are reached with less. */
export const MAX_INPUT_BYTES = 2 ** 15;

/** Most steps from an entry. */
const MAX_STEPS = 4;

/** An entry of a corpus, `accepted` by its reader or not; its outline is made once. */
export function createEntry(grammar, bytes, accepted = false) {
  let outline;
  return {
    bytes,
    accepted,
    get outline() {
      outline ??= grammar.outline(bytes);
      return outline;
    },
  };
}

/**
 * A new input from `entry`, with parts of `other`. A grammar has `outline`; `finish`, if it has one, puts right what only
 * a whole file can have right (digests, padding), or leaves it. A grammar may also take some mutations into its own hands
 * (`mutate`), where parts of a file have grammars of their own.
 */
export function mutate(random, grammar, entry, other) {
  const own = grammar.mutate?.(random, entry, other);
  if (own !== undefined) return bounded(own);
  let { bytes, outline } = entry;
  const steps = 1 + random.below(random.oneIn(2) ? 1 : MAX_STEPS);
  for (let step = 0; step < steps; step++) {
    const next = random.below(10) < 7 ? structuralStep(random, bytes, outline, other) : undefined;
    const changed = bounded(next ?? havoc(random, bytes, other.bytes));
    // The same length: what the outline says is still nearly right, and making it anew costs more than the step.
    if (step + 1 < steps && changed.length !== bytes.length) outline = grammar.outline(changed);
    bytes = changed;
  }
  return bounded(grammar.finish?.(random, bytes) ?? bytes);
}

function bounded(bytes) {
  return bytes.length > MAX_INPUT_BYTES ? bytes.subarray(0, MAX_INPUT_BYTES) : bytes;
}
