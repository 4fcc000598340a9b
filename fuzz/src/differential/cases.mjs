/** The files that reference readers are held against: the seeds of a format, its corpus, and variants by seed. */
import { createHash } from 'node:crypto';
import { createEntry } from '../mutate/mutate.mjs';
import { createRandom, mixSeed } from '../mutate/random.mjs';
import { structuralStep } from '../mutate/structural.mjs';
import { createCorpus, loadCorpus } from '../run/corpus.mjs';
import { inputOf } from '../run/loop.mjs';
import { SEEDS } from '../seeds.mjs';
import { TARGETS } from '../targets/index.mjs';

/** Formats that somebody else's reader exists for. */
export const DIFFERENTIAL_FORMATS = ['safetensors', 'gguf', 'tokenizer-json', 'sentencepiece'];

const SEED = 7;
const VARIANTS = 400;

/** The cases of a format in order, each with the first digits of its SHA-256. */
export async function differentialCases(format) {
  const { grammar } = TARGETS[format];
  const seeds = await SEEDS[format]();
  const corpus = createCorpus(seeds.map((bytes) => createEntry(grammar, bytes, true)));
  const variants = Array.from({ length: VARIANTS }, (_, index) => {
    return index % 3 === 0 ? inputOf({ format, grammar, corpus }, SEED, index) : gentle(format, corpus, index);
  });
  return [...seeds, ...(await loadCorpus(format)), ...variants].map((bytes) => ({
    bytes,
    digest: createHash('sha256').update(bytes).digest('hex').slice(0, 12),
  }));
}

/** One step that knows the structure: much of what comes of it is still right for some reader. */
function gentle(format, { entries }, index) {
  const random = createRandom(mixSeed(format, SEED, index));
  const entry = random.pick(entries);
  for (;;) {
    const bytes = structuralStep(random, entry.bytes, entry.outline, random.pick(entries));
    if (bytes !== undefined) return bytes;
  }
}
