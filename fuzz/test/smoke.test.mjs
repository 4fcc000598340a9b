/** A short fixed run of every target over the committed corpus: the long ones are scheduled, see ../README.md. */
import { describe, expect, it } from 'vitest';
import { createEntry } from '../src/mutate/mutate.mjs';
import { addEntry, createCorpus, loadCorpus } from '../src/run/corpus.mjs';
import { inputOf, runLoop } from '../src/run/loop.mjs';
import { execute, TARGETS } from '../src/targets/index.mjs';

const EXECUTIONS = 2000;
const SEED = 20_260;

/** The corpus of a format; every entry of it is read without a finding, in depth and by the gate. */
async function corpusOf(format) {
  const target = TARGETS[format];
  const corpus = createCorpus([]);
  for (const bytes of await loadCorpus(format)) {
    const outcome = await execute(target, bytes, { deep: true, withGate: true });
    addEntry(corpus, createEntry(target.grammar, bytes, outcome === 'ok'));
  }
  return corpus;
}

describe.each(Object.keys(TARGETS))('%s', (format) => {
  it('refuses with a code, or reads what holds', async () => {
    const target = TARGETS[format];
    const corpus = await corpusOf(format);
    const findings = [];
    const outcomes = await runLoop({
      format,
      target,
      corpus,
      seed: SEED,
      from: 0,
      to: EXECUTIONS,
      onStart() {},
      onFinding: ({ index, error }) => findings.push(`${index}: ${error}`),
      onBatch: () => true,
    });
    expect(findings).toEqual([]);
    // Damage reaches deep: some inputs are still right, others break many different rules.
    expect(outcomes.get('ok')).toBeGreaterThan(5);
    // A policy is refused with two codes alone: no JSON, or no policy.
    expect(outcomes.size).toBeGreaterThan(format === 'policy' ? 2 : 3);
  });
});

it('makes the same input of the same seed and index, another of another', async () => {
  for (const [format, { grammar }] of Object.entries(TARGETS)) {
    const inputs = [];
    for (const seed of [1, 1, 2]) {
      const corpus = createCorpus((await loadCorpus(format)).map((bytes) => createEntry(grammar, bytes, true)));
      inputs.push(Array.from({ length: 50 }, (_, index) => [...inputOf({ format, grammar, corpus }, seed, index)]));
    }
    expect(inputs[0]).toEqual(inputs[1]);
    expect(inputs[0]).not.toEqual(inputs[2]);
  }
});
