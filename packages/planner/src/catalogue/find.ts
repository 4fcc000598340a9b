/** Looking a model up in the catalogue: by a name that a person types, or by the sizes of an outline. */
import { sameShape } from '@mirust/core';
import { distance } from 'fastest-levenshtein';
import { outlineOfConfig } from '../outline/config.ts';
import type { LayerCache, ModelOutline } from '../outline/outline.ts';
import { parameterCounts } from '../outline/parameter-counts.ts';
import type { CatalogueEntry } from './entry.ts';
import { MODELS } from './models.ts';

/** Suggestions for a name that is not known. */
const MAX_SUGGESTIONS = 5;

/** Longer names are no misspelling of one. */
const MAX_NAME_LENGTH = 100;

/** Shorter ones could mean anything. */
const MIN_KEY_LENGTH = 3;

/** All entries of the catalogue. */
export function catalogue(): readonly CatalogueEntry[] {
  return MODELS;
}

/**
 * The entry of a name or an alias; undefined for any other. Case, the organisation before a slash, and what stands
 * between words do not matter: `Qwen/Qwen3-0.6B`, `qwen3 0.6b`, `llama3.1-8b`.
 */
export function findModel(name: string): CatalogueEntry | undefined {
  const key = keyOf(name);
  return MODELS.find((entry) => namesOf(entry).some((known) => keyOf(known) === key));
}

/**
 * Names of entries that a name may have meant, the nearest first: those that it begins (`qwen3`), that begin it
 * (`qwen2.5-7b-instruct`), and those that are spelt nearly so. None where nothing is near.
 */
export function nearModelNames(name: string): string[] {
  const key = keyOf(name.slice(0, MAX_NAME_LENGTH + 1));
  if (key.length < MIN_KEY_LENGTH || name.length > MAX_NAME_LENGTH) return [];
  const candidates = MODELS.map((entry) => {
    const misses = namesOf(entry).map((known) => missOf(keyOf(known), key));
    return { name: entry.name, miss: Math.min(...misses) };
  });
  return candidates
    .filter(({ miss }) => Number.isFinite(miss))
    .sort((a, b) => a.miss - b.miss)
    .slice(0, MAX_SUGGESTIONS)
    .map((candidate) => candidate.name);
}

/** How far a name is from a known one; Infinity where it is another one altogether. */
function missOf(known: string, key: string): number {
  // Whatever is written out is meant, so only one letter is held against the rest.
  if (known.startsWith(key) || key.startsWith(known)) return 1;
  const letters = distance(known, key);
  // A third of the letters may differ: `lama-2-7b` is llama-2-7b, `gpt-5` is nothing.
  return letters <= key.length / 3 ? letters : Number.POSITIVE_INFINITY;
}

/** The outline of an entry, with its name and what its checkpoint stores twice. */
export function outlineOfEntry(entry: CatalogueEntry): ModelOutline {
  const outline = outlineOfConfig(entry.config);
  if (outline === undefined) throw new RangeError(`the catalogue's ${entry.name} is of no known family`);
  const { storedTwiceElements } = entry;
  return { ...outline, name: entry.name, ...(storedTwiceElements === undefined ? {} : { storedTwiceElements }) };
}

/**
 * The entry whose tensors and cache are those of an outline, for the facts about a published model that its
 * configuration does not say. Where several entries have the same sizes, that with the same number of positions goes
 * first.
 */
export function catalogueEntryOf(outline: ModelOutline): CatalogueEntry | undefined {
  const { unique } = parameterCounts(outline);
  const same = MODELS.filter((entry) => entry.parameters === unique && isSameModel(outline, outlineOfEntry(entry)));
  return same.find((entry) => entry.config.get('max_position_embeddings') === outline.maxContext) ?? same[0];
}

function namesOf({ name, aliases }: CatalogueEntry): readonly string[] {
  return [name, ...aliases];
}

function keyOf(name: string): string {
  return name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/[-_\s]+/g, '');
}

function isSameModel(a: ModelOutline, b: ModelOutline): boolean {
  if (a.architecture !== b.architecture || a.tensors.length !== b.tensors.length) return false;
  const shapes = new Map(b.tensors.map(({ name, shape }) => [name, shape]));
  const isSame = a.tensors.every(({ name, shape }) => sameShape(shape, shapes.get(name) ?? []));
  return (
    isSame && a.cache?.length === b.cache?.length && (a.cache?.every((c, n) => isSameCache(c, b.cache?.[n])) ?? true)
  );
}

function isSameCache(a: LayerCache | null, b: LayerCache | null | undefined): boolean {
  if (a === null || b === null || b === undefined) return a === b;
  return (
    a.kvHeadCount === b.kvHeadCount &&
    a.keyDim === b.keyDim &&
    a.valueDim === b.valueDim &&
    a.slidingWindow === b.slidingWindow
  );
}
