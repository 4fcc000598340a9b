import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isJsonArray,
  isJsonObject,
  isMirustError,
  JSON_ERRORS,
  type JsonObject,
  type JsonOptions,
  type JsonValue,
  MAX_JSON_CONTAINERS,
  MAX_JSON_DEPTH,
  MAX_JSON_VALUES,
  parseStrictJson,
} from '../src/index.ts';

/** Runs and returns `CODE@offset`, or `ok`. */
function outcome(input: string | Uint8Array, options?: JsonOptions): string {
  try {
    parseStrictJson(input, options);
    return 'ok';
  } catch (error) {
    if (isMirustError(error)) return `${error.code}@${error.offset}`;
    throw error;
  }
}

/** The same value with plain objects; fails on `__proto__`, which the callers avoid. */
function plain(value: JsonValue): unknown {
  if (isJsonArray(value)) return value.map(plain);
  if (isJsonObject(value)) return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]));
  return value;
}

describe('every code, byte-literal', () => {
  test.for([
    ['', 'JSON_SYNTAX@0'],
    ['   ', 'JSON_SYNTAX@3'],
    ['\ufeff{}', 'JSON_SYNTAX@0'],
    ['{', 'JSON_SYNTAX@1'],
    ['[1,]', 'JSON_SYNTAX@3'],
    ['[1 2]', 'JSON_SYNTAX@3'],
    ['[,1]', 'JSON_SYNTAX@1'],
    ['{"a":1,}', 'JSON_SYNTAX@7'],
    ['{"a" 1}', 'JSON_SYNTAX@5'],
    ['{"a":}', 'JSON_SYNTAX@5'],
    ['{a:1}', 'JSON_SYNTAX@1'],
    ["{'a':1}", 'JSON_SYNTAX@1'],
    ['{"ü":x}', 'JSON_SYNTAX@6'],
    ['"\t"', 'JSON_SYNTAX@1'],
    ['"ab', 'JSON_SYNTAX@3'],
    ['"\\x41"', 'JSON_SYNTAX@1'],
    ['"ü\\u12"', 'JSON_SYNTAX@3'],
    ['"\\', 'JSON_SYNTAX@1'],
    ['nul', 'JSON_SYNTAX@0'],
    ['True', 'JSON_SYNTAX@0'],
    ['NaN', 'JSON_SYNTAX@0'],
    ['-', 'JSON_SYNTAX@0'],
    ['-Infinity', 'JSON_SYNTAX@0'],
    ['+1', 'JSON_SYNTAX@0'],
    ['.5', 'JSON_SYNTAX@0'],
    ['01', 'JSON_TRAILING@1'],
    ['1.', 'JSON_TRAILING@1'],
    ['0x10', 'JSON_TRAILING@1'],
    ['1/*c*/', 'JSON_TRAILING@1'],
    ['{} {}', 'JSON_TRAILING@3'],
    ['{}\u00a0', 'JSON_TRAILING@2'],
    ['{"a":1,"a":2}', 'JSON_DUPLICATE_KEY@7'],
    ['{"ü":1,"\\u00fc":2}', 'JSON_DUPLICATE_KEY@8'],
    ['{"__proto__":1,"__proto__":2}', 'JSON_DUPLICATE_KEY@15'],
    ['1e999', 'JSON_NUMBER@0'],
    [`[-${'9'.repeat(400)}]`, 'JSON_NUMBER@1'],
    ['["\\ud800"]', 'JSON_SURROGATE@1'],
    ['["\\udc00\\ud800"]', 'JSON_SURROGATE@1'],
  ] as const)('%s → %s', ([text, expected]) => {
    expect(outcome(text)).toBe(expected);
    expect(outcome(new TextEncoder().encode(text))).toBe(expected);
  });

  test('JSON_DEPTH, with and without recursion to spare', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(outcome(nested(MAX_JSON_DEPTH))).toBe('ok');
    expect(outcome(nested(MAX_JSON_DEPTH + 1))).toBe(`JSON_DEPTH@${MAX_JSON_DEPTH}`);
    expect(outcome('{"a":'.repeat(100_000), { maxDepth: 1000 })).toBe('JSON_DEPTH@5000');
    expect(outcome(nested(1000), { maxDepth: 1000 })).toBe('ok');
  });

  test('JSON_TOO_LARGE by bytes, by values and by containers', () => {
    expect(outcome('[1,2]', { maxBytes: 4, baseOffset: 8 })).toBe('JSON_TOO_LARGE@8');
    expect(outcome(`[${'1,'.repeat(MAX_JSON_VALUES)}1]`)).toBe(`JSON_TOO_LARGE@${2 * MAX_JSON_VALUES - 1}`);
    expect(outcome(`[${'[],'.repeat(MAX_JSON_CONTAINERS)}[]]`)).toBe(`JSON_TOO_LARGE@${3 * MAX_JSON_CONTAINERS - 2}`);
    expect([outcome('[1,2]', { maxValues: 3 }), outcome('[1,2]', { maxValues: 2 })]).toEqual([
      'ok',
      'JSON_TOO_LARGE@3',
    ]);
    expect([outcome('[{}]', { maxContainers: 2 }), outcome('[{}]', { maxContainers: 1 })]).toEqual([
      'ok',
      'JSON_TOO_LARGE@1',
    ]);
  });

  test.for([
    [[0x22, 0xff, 0x22], 1],
    [[0x22, 0x61, 0xc3, 0x22], 2],
    [[0x22, 0xc0, 0xaf, 0x22], 1],
    [[0x22, 0xed, 0xa0, 0x80, 0x22], 1],
    [[0x22, 0xe2, 0x82, 0xac, 0xf4, 0x90, 0x80, 0x80, 0x22], 4],
    [[0x22, 0xf0, 0x9f, 0x98], 1],
    [[0x22, 0x80], 1],
  ] as const)('INVALID_UTF8 in %j names byte %i', ([bytes, at]) => {
    expect(outcome(new Uint8Array(bytes))).toBe(`INVALID_UTF8@${at}`);
    expect(outcome(new Uint8Array(bytes), { baseOffset: 8 })).toBe(`INVALID_UTF8@${8 + at}`);
  });

  test('no code without a literal above', () => {
    expect(Object.keys(JSON_ERRORS).sort()).toEqual([
      'JSON_DEPTH',
      'JSON_DUPLICATE_KEY',
      'JSON_NUMBER',
      'JSON_SURROGATE',
      'JSON_SYNTAX',
      'JSON_TOO_LARGE',
      'JSON_TRAILING',
    ]);
  });
});

describe('values', () => {
  test('keys with a meaning in JavaScript are plain keys', () => {
    const value = parseStrictJson('{"__proto__":{"x":1},"constructor":2,"toString":null}') as JsonObject;
    expect([...value.keys()]).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test('integersOnly refuses what is not a plain count', () => {
    expect(outcome('[0,-7,9007199254740991,18446744073709551614]', { integersOnly: true })).toBe('ok');
    for (const number of ['1.0', '1e3', '-0', '2.5']) {
      expect(outcome(`[${number}]`, { integersOnly: true })).toBe('JSON_NUMBER@1');
      expect(outcome(`[${number}]`)).toBe('ok');
    }
  });

  test('an integer beyond 2^53 never looks safe', () => {
    for (const digits of ['9007199254740992', '9007199254740993', '18446744073709551615']) {
      expect(Number.isSafeInteger(parseStrictJson(digits))).toBe(false);
    }
  });

  test('text that came from the document is made safe before it is shown', () => {
    expect(() => parseStrictJson('{"\\u001b[31m":1,"\\u001b[31m":2}')).toThrow(/\\u\{1b\}\[31m/);
  });

  test('limits that make no sense are a RangeError', () => {
    for (const options of [
      { maxDepth: 0 },
      { maxDepth: 1001 },
      { maxBytes: -1 },
      { maxBytes: 1.5 },
      { maxValues: 0 },
    ]) {
      expect(() => parseStrictJson('1', options)).toThrow(RangeError);
    }
  });

  test('agrees with the platform on every value that it can write', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        fc.pre(!text.includes('"__proto__"') && !/\\ud[89a-f]/.test(text));
        expect(plain(parseStrictJson(text))).toEqual(JSON.parse(text));
        expect(plain(parseStrictJson(new TextEncoder().encode(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('whatever the bytes, the result is a value or a typed error, and what it accepts the platform accepts', () => {
    const grammar = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '\\',
      '\\u0041',
      '1',
      '-',
      '0',
      '.5',
      'e9',
      'true',
      'null',
      ' ',
      'ü',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(grammar, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const ours = outcome(text);
        let platform = true;
        try {
          JSON.parse(text);
        } catch {
          platform = false;
        }
        // The other direction holds but for the four rules that are stricter.
        if (ours === 'ok') expect(platform).toBe(true);
        else if (platform) expect(ours).toMatch(/^JSON_(DUPLICATE_KEY|NUMBER|SURROGATE|DEPTH)@/);
      }),
      { numRuns: 3000 },
    );
  });
});
