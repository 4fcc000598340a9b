/** The heap against the obvious way, and the growth of its work. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCountingTokenizer } from '../src/create.ts';
import { createTokenizer, type TokenizerModel, tokenByteLength, tokenText } from '../src/index.ts';
import { spaceModel } from './_models.ts';
import { ALPHABET, idsModel, randomText, shuffled } from './_random.ts';

/** Looks through all pairs for each merge. */
function naive(text: string, rankOf: (left: string, right: string) => number): string[] {
  const symbols = [...text];
  for (;;) {
    let best = -1;
    let bestRank = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const rank = rankOf(symbols[i] ?? '', symbols[i + 1] ?? '');
      if (rank >= 0 && rank < bestRank) {
        best = i;
        bestRank = rank;
      }
    }
    if (best < 0) return symbols;
    symbols.splice(best, 2, (symbols[best] ?? '') + (symbols[best + 1] ?? ''));
  }
}

describe('merging', () => {
  it('by rank is what the obvious way gives', () => {
    fc.assert(
      fc.property(shuffled, randomText, (merges, text) => {
        const model = idsModel(merges);
        const ours = createTokenizer(model)
          .encode(text, { addSpecial: false })
          .map((id) => tokenText(model.tokens, id));
        const rankOf = (left: string, right: string): number =>
          merges.pairs.findIndex(([l, r]) => l === left && r === right);
        expect(ours).toEqual(naive(text, rankOf));
      }),
      { numRuns: 400 },
    );
  });

  it('by score is what the obvious way gives, with equal scores too', () => {
    const scored = fc
      .uniqueArray(fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 1, maxLength: 5 }), { maxLength: 20 })
      .chain((pieces) =>
        fc.tuple(
          fc.constant(pieces),
          fc.array(fc.integer({ min: -4, max: 0 }), { minLength: pieces.length, maxLength: pieces.length }),
        ),
      );
    fc.assert(
      fc.property(scored, randomText, ([pieces, scores], text) => {
        const all = new Float32Array(259 + pieces.length);
        all.set(scores, 259);
        const model = spaceModel(pieces, { scores: all, spacePrefix: 'never' });
        const ours = createTokenizer(model)
          .encode(text, { addSpecial: false })
          .map((id) => tokenText(model.tokens, id));
        const rankOf = (left: string, right: string): number => {
          const index = pieces.indexOf(left + right);
          return index < 0 ? -1 : -(scores[index] ?? 0);
        };
        // A symbol that is no piece is one byte here.
        expect(ours).toEqual(naive(text, rankOf));
      }),
      { numRuns: 400 },
    );
  });

  /** Fits the exponent of steps ~ length^exponent over growing lengths. */
  const exponent = (steps: (length: number) => number): number => {
    const lengths = [2000, 4000, 8000, 16000, 32000, 64000];
    const points = lengths.map((length) => [Math.log(length), Math.log(steps(length))] as const);
    const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
    const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
    const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
    return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  };
  const countSteps = (model: TokenizerModel, text: string): number => {
    const work = { steps: 0 };
    createCountingTokenizer(model, work).encode(text);
    return work.steps;
  };
  /** Powers of two of one letter: every merge makes way for another one. */
  const doubling = idsModel({
    texts: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((power) => 'a'.repeat(2 ** power)),
    pairs: [0, 1, 2, 3, 4, 5, 6, 7].map((power) => ['a'.repeat(2 ** power), 'a'.repeat(2 ** power)] as const),
  });
  const period = 'abcdabcacbdadcbabcdd';
  const mixed = idsModel({
    texts: ['ab', 'cd', 'abcd', 'da', 'bc', 'bca', ...ALPHABET],
    pairs: [
      ['b', 'c'],
      ['a', 'b'],
      ['c', 'd'],
      ['ab', 'cd'],
      ['d', 'a'],
      ['bc', 'a'],
    ],
  });
  it.each<[string, (length: number) => number]>([
    ['one letter', (length) => countSteps(doubling, 'a'.repeat(length))],
    ['a mixture', (length) => countSteps(mixed, period.repeat(length / period.length))],
    ['scores', (length) => countSteps(spaceModel(['aa', 'aaaa', 'a', 'aab', 'ab'], {}), 'aaab'.repeat(length / 4))],
  ])('takes n log n steps: %s', (_, steps) => {
    const fitted = exponent(steps);
    expect(fitted).toBeGreaterThan(0.9);
    expect(fitted).toBeLessThan(1.2);
  });

  it('has controls: the fit tells linear from quadratic', () => {
    expect(exponent((length) => 7 * length)).toBeCloseTo(1, 6);
    expect(exponent((length) => length * length)).toBeCloseTo(2, 6);
    // The obvious way, counted.
    const looks = (length: number): number => {
      let count = 0;
      naive('ab'.repeat(length / 40), (left, right) => {
        count += 1;
        return left === 'a' && right === 'b' ? 0 : -1;
      });
      return count;
    };
    expect(exponent(looks)).toBeGreaterThan(1.8);
  });

  it('tokens are never longer than the text', () => {
    fc.assert(
      fc.property(shuffled, randomText, (merges, text) => {
        const model = idsModel(merges);
        const ids = createTokenizer(model).encode(text, { addSpecial: false });
        expect(ids.reduce((sum, id) => sum + tokenByteLength(model.tokens, id), 0)).toBe(text.length);
      }),
    );
  });
});
