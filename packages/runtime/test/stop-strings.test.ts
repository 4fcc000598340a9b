import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStopWatch } from '../src/index.ts';

function run(pieces: readonly string[], stops: readonly string[]): { shown: string[]; stopped: string | undefined } {
  const watch = createStopWatch(stops);
  const shown = pieces.map((piece) => watch.push(piece));
  shown.push(watch.flush());
  return { shown, stopped: watch.stopped };
}

describe('stop strings', () => {
  it('holds back what may begin a stop string, and gives it out when it does not', () => {
    expect(run(['ab', 'c', 'x'], ['abcd'])).toEqual({ shown: ['', '', 'abcx', ''], stopped: undefined });
    expect(run(['say ab', 'cd no'], ['abcd'])).toEqual({ shown: ['say ', '', ''], stopped: 'abcd' });
  });

  it('gives out what was held at the end of the stream', () => {
    expect(run(['end ab'], ['abcd'])).toEqual({ shown: ['end ', 'ab'], stopped: undefined });
  });

  it('says nothing after a stop', () => {
    const watch = createStopWatch(['.']);
    expect(watch.push('a.b')).toBe('a');
    expect(watch.push('c')).toBe('');
    expect(watch.flush()).toBe('');
  });

  it('refuses an empty stop string', () => {
    expect(() => createStopWatch(['a', ''])).toThrow(RangeError);
  });

  it('gives the same text and stop however the stream is cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(text, stops, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (whole, list, sizes) => {
        const pieces: string[] = [];
        for (let at = 0, i = 0; at < whole.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          pieces.push(whole.slice(at, at + size));
          at += size;
        }
        const once = run([whole], list);
        const cut = run(pieces, list);
        expect(cut.shown.join('')).toBe(once.shown.join(''));
        expect(cut.stopped).toBe(once.stopped);
        if (once.stopped === undefined) expect(once.shown.join('')).toBe(whole);
        else expect(whole.startsWith(once.shown.join('') + once.stopped)).toBe(true);
      }),
    );
  });
});
