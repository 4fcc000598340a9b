import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { growthExponent, startWorkCounter, type WorkCounter } from './_work.ts';

let counter: WorkCounter | undefined;
let parseStrictJson: typeof import('../src/json.ts').parseStrictJson;

beforeAll(async () => {
  counter = startWorkCounter(/packages\/core\/src\//);
  ({ parseStrictJson } = await import('../src/json.ts'));
});
afterAll(() => counter?.stop());

function exponent(make: (size: number) => void): number {
  if (counter === undefined) return Number.NaN;
  const points: [number, number][] = [];
  for (const size of [500, 1000, 2000, 4000]) {
    counter.take();
    make(size);
    points.push([size, counter.take()]);
  }
  return growthExponent(points);
}

describe('work grows with the length of the text', () => {
  test.for([
    ['numbers', (n: number) => JSON.stringify(Array.from({ length: n }, (_, i) => i * 1.5))],
    ['keys', (n: number) => JSON.stringify(Object.fromEntries(Array.from({ length: n }, (_, i) => [`key ${i}`, i])))],
    [
      'pairs',
      (n: number) => JSON.stringify(Array.from({ length: n }, (_, i) => [`ü${i}`, 'a longer string than any slice'])),
    ],
    ['escapes', (n: number) => JSON.stringify('\n"\\'.repeat(n))],
    ['one long string', (n: number) => JSON.stringify('x'.repeat(10 * n))],
    ['one long number', (n: number) => `0.${'1'.repeat(10 * n)}`],
    ['whitespace', (n: number) => `[${' \n'.repeat(10 * n)}]`],
    ['objects with offsets', (n: number) => `[${'{"ü":1},'.repeat(n)}{}]`],
  ] as const)('%s', ([, make]) => {
    const slope = exponent((size) => parseStrictJson(make(size), { objectOffsets: new Map() }));
    if (Number.isNaN(slope)) return expect(counter, 'a coverage run owns the counters').toBeUndefined();
    // The long number is one step for us and none that grows: the platform converts it.
    expect(slope).toBeLessThan(1.1);
  });

  test('the measure sees a quadratic control', () => {
    const slope = exponent((size) => {
      for (let index = 0; index < size / 100; index++) parseStrictJson('[1,2,3]'.padEnd(size));
    });
    if (Number.isNaN(slope)) return;
    expect(slope).toBeGreaterThan(1.8);
  });
});
