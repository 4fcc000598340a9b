/** The entries that mutation starts from. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SEEDS } from '../seeds.mjs';

/** The committed entries, a folder for each format. */
export const CORPUS_FOLDER = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'corpus');

/** The bytes of the entries of a format: first the committed ones in the order of their names, then the seeds. */
export async function loadCorpus(format, folder = CORPUS_FOLDER) {
  const path = join(folder, format);
  const names = existsSync(path) ? readdirSync(path).sort() : [];
  const stored = names.map((name) => new Uint8Array(readFileSync(join(path, name))));
  const seeds = await SEEDS[format]();
  return [...stored, ...seeds];
}

/** Entries that are executed from, those that were accepted also by themselves. */
export function createCorpus(entries) {
  const corpus = { entries: [], accepted: [] };
  for (const entry of entries) addEntry(corpus, entry);
  return corpus;
}

/** Adds an entry. */
export function addEntry({ entries, accepted }, entry) {
  entries.push(entry);
  if (entry.accepted) accepted.push(entry);
}

/** Writes entries in the place of those that are there. */
export function saveCorpus(format, entries, folder = CORPUS_FOLDER) {
  const path = join(folder, format);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  for (const [index, bytes] of entries.entries()) writeFileSync(join(path, String(index).padStart(3, '0')), bytes);
}

/**
 * The fewest entries that reach what all reach: greedily, the one that adds most for its length first. `reach` has the
 * blocks of each.
 */
export function minimise(entries, reach, maxBytes) {
  const left = entries.map((bytes, index) => ({ bytes, blocks: reach[index] }));
  const covered = new Set();
  const chosen = [];
  let size = 0;
  for (;;) {
    let best;
    let bestGain = 0;
    for (const one of left) {
      let added = 0;
      for (const block of one.blocks) if (!covered.has(block)) added++;
      // An entry costs something by itself, or hundreds of the shortest would be taken.
      const gain = size + one.bytes.length > maxBytes ? 0 : added / (256 + one.bytes.length);
      if (gain > bestGain) [best, bestGain] = [one, gain];
    }
    if (best === undefined) return chosen;
    for (const block of best.blocks) covered.add(block);
    chosen.push(best.bytes);
    size += best.bytes.length;
    left.splice(left.indexOf(best), 1);
  }
}
