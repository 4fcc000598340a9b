import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmax, createRandom, createSampler, type SamplingOptions } from '../src/index.ts';

const LOGITS = [1, 3, 2, 3, -1];
const logits = (): Float32Array => Float32Array.from(LOGITS);

/** How often each id is drawn. */
function histogram(options: SamplingOptions, draws: number): number[] {
  const sampler = createSampler({ temperature: 1, topK: 0, ...options });
  const counts = LOGITS.map(() => 0);
  for (let i = 0; i < draws; i++) {
    const id = sampler.sample(logits(), []);
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts.map((count) => count / draws);
}

const softmax = (values: readonly number[]): number[] => {
  const exps = values.map(Math.exp);
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((value) => value / sum);
};

describe('greedy choice', () => {
  it('takes the highest logit, the lowest id among equals, and never NaN', () => {
    expect(createSampler().sample(logits(), [])).toBe(1);
    expect(argmax(Float32Array.of(Number.NaN, 1, Number.NaN, 2))).toBe(3);
    expect(() => argmax(new Float32Array(0))).toThrow(RangeError);
  });

  it('top-k of 1 is greedy at any temperature', () => {
    const sampler = createSampler({ temperature: 5, topK: 1 });
    for (let i = 0; i < 20; i++) expect(sampler.sample(logits(), [])).toBe(1);
  });
});

describe('random choice', () => {
  it('follows the softmax of logit / temperature', () => {
    for (const temperature of [0.5, 1, 2]) {
      const expected = softmax(LOGITS.map((logit) => logit / temperature));
      // 40,000 draws: a standard error of at most 0.0025, so 0.015 is six of them.
      histogram({ temperature, seed: 7 }, 40_000).forEach((share, id) => {
        expect(Math.abs(share - (expected[id] ?? 0))).toBeLessThan(0.015);
      });
    }
  });

  it('top-k keeps the k highest, the lower id first among equals', () => {
    expect(histogram({ topK: 2 }, 500).map((share) => share > 0)).toEqual([false, true, false, true, false]);
    expect(histogram({ topK: 3 }, 500).map((share) => share > 0)).toEqual([false, true, true, true, false]);
  });

  it('top-p keeps the shortest head that reaches p', () => {
    // Probabilities in order: 0.42 (1), 0.42 (3), 0.155 (2), 0.057 (0), 0.008 (4) of their sum.
    const [, first = 0] = softmax(LOGITS);
    expect(histogram({ topP: first * 0.99 }, 300)[1]).toBe(1);
    expect(histogram({ topP: first * 1.01 }, 500).map((share) => share > 0)).toEqual([false, true, false, true, false]);
    expect(histogram({ topP: 1 }, 20_000).every((share) => share > 0)).toBe(true);
  });

  it('min-p drops what is less likely than its share of the best', () => {
    // e^(2-3) = 0.368, e^(1-3) = 0.135
    expect(histogram({ minP: 0.3 }, 800).map((share) => share > 0)).toEqual([false, true, true, true, false]);
    expect(histogram({ minP: 1 }, 500).map((share) => share > 0)).toEqual([false, true, false, true, false]);
  });

  it('is decided by the seed alone', () => {
    const draw = (seed: number): number[] => {
      const sampler = createSampler({ temperature: 1, topK: 0, seed });
      return Array.from({ length: 40 }, () => sampler.sample(logits(), []));
    };
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
    expect(draw(3)).not.toEqual(draw(3 + 2 ** 32));
  });

  it('survives NaN and infinities in the logits', () => {
    const odd = (): Float32Array => Float32Array.of(Number.NaN, 0, Number.NEGATIVE_INFINITY, 1);
    const sampler = createSampler({ temperature: 1, topK: 0 });
    for (let i = 0; i < 50; i++) expect([1, 3]).toContain(sampler.sample(odd(), []));
  });
});

describe('repetition penalty', () => {
  it('divides positive and multiplies negative logits of recent tokens, each once', () => {
    const values = Float32Array.of(4, -2, 3);
    expect(createSampler({ repetitionPenalty: 2 }).sample(values, [0, 0, 1])).toBe(2);
    expect([...values]).toEqual([2, -4, 3]);
  });

  it('looks back only as far as its window', () => {
    const values = Float32Array.of(4, 3, 0);
    expect(createSampler({ repetitionPenalty: 2, repetitionWindow: 1 }).sample(values, [0, 2])).toBe(0);
  });
});

describe('options', () => {
  it.each<readonly [keyof SamplingOptions, number]>([
    ['temperature', -1],
    ['temperature', Number.NaN],
    ['topK', 1025],
    ['topK', 1.5],
    ['topP', 0],
    ['topP', 1.1],
    ['minP', -0.1],
    ['repetitionPenalty', 0],
    ['repetitionWindow', -1],
    ['seed', 0.5],
  ])('%s = %s is a RangeError that names it', (name, value) => {
    expect(() => createSampler({ [name]: value })).toThrow(new RegExp(name));
  });
});

describe('random source', () => {
  it('gives numbers in [0, 1), even in mean and in every tenth', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = createRandom(seed);
        for (let i = 0; i < 100; i++) {
          const value = random();
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThan(1);
        }
      }),
    );
    const random = createRandom(1);
    const tenths = Array(10).fill(0) as number[];
    for (let i = 0; i < 100_000; i++) {
      const tenth = Math.floor(random() * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    // Expected 10,000 each, standard deviation 95.
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});
