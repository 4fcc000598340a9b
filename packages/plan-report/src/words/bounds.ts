/** How much of a report is shown. A report may come from anywhere: what is drawn or listed is bounded, the rest is counted. */
import { sanitizeText } from '@mirust/core';

/** Longest note, reason or cost that is shown. */
const MAX_SENTENCE_CHARACTERS = 400;

/** Rows of a table: more than any model has layers. */
export const MAX_ROWS = 256;

/** The head of a list, and how many were left out. */
export interface Bounded<T> {
  readonly shown: readonly T[];
  readonly left: number;
}

/** The first `most` of a list. */
export function firstOf<T>(list: readonly T[], most: number = MAX_ROWS): Bounded<T> {
  return { shown: list.slice(0, most), left: Math.max(0, list.length - most) };
}

/** A sentence of a report, safe to show: longer than a name may be. */
export function sentence(text: string): string {
  return sanitizeText(text, MAX_SENTENCE_CHARACTERS);
}
