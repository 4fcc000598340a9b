/** Random merges over a few letters. */
import fc from 'fast-check';
import { TOKEN_TYPE, type TokenizerModel } from '../src/index.ts';
import { createTokenTableBuilder } from '../src/token-table.ts';
import { theModel } from './_models.ts';

/** Tokens, and pairs of them in the order of their ranks. */
export interface Merges {
  readonly texts: readonly string[];
  readonly pairs: readonly (readonly [string, string])[];
}

/** The letters of random texts and merges. */
export const ALPHABET = 'abcd';

/** Merges over the bytes of a few letters: each joins two tokens that are there already. */
const randomMerges = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 24 }).map((choices) => {
  const texts = [...ALPHABET];
  const pairs: [string, string][] = [];
  for (const [a, b] of choices) {
    const left = texts[a % texts.length] ?? '';
    const right = texts[b % texts.length] ?? '';
    if (pairs.some(([l, r]) => l === left && r === right)) continue;
    pairs.push([left, right]);
    if (!texts.includes(left + right)) texts.push(left + right);
  }
  return { texts, pairs };
});

/** The merges in another order than the one they were found in: a rank may be lower than that of its parts. */
export const shuffled: fc.Arbitrary<Merges> = randomMerges.chain(({ texts, pairs }) =>
  fc.shuffledSubarray(pairs, { minLength: pairs.length }).map((order) => ({ texts, pairs: order })),
);

/** A text of these letters. */
export const randomText: fc.Arbitrary<string> = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 60 });

/** A BPE1 tokenizer with these merges. */
export function idsModel({ texts, pairs }: Merges): TokenizerModel {
  const longer = texts.filter((text) => text.length > 1);
  const idOf = (text: string): number => (text.length === 1 ? text.charCodeAt(0) : 260 + longer.indexOf(text));
  const builder = createTokenTableBuilder(260 + longer.length);
  for (let byte = 0; byte < 256; byte++) builder.addBytes([byte]);
  for (let id = 256; id < 260; id++) builder.addBytes([]);
  for (const text of longer) builder.addText(text);
  const types = new Uint8Array(260 + longer.length).fill(TOKEN_TYPE.normal).fill(TOKEN_TYPE.control, 256, 259);
  types[259] = TOKEN_TYPE.unknown;
  const merges = Uint32Array.from(pairs.flatMap(([left, right]) => [idOf(left), idOf(right), idOf(left + right)]));
  return { ...theModel(), tokens: builder.finish(), types, merges };
}
