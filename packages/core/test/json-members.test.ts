import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isJsonObject,
  isMirustError,
  type JsonMember,
  type JsonMembersOptions,
  type JsonObject,
  parseStrictJson,
  visitJsonMembers,
} from '../src/index.ts';

const OPTIONS = { what: 'JSON', maxDepth: 4, maxMemberBytes: 100, maxMemberValues: 20 };

/** All members, or `CODE@offset` of what stopped the visit. */
function visit(input: string | Uint8Array, options: Partial<JsonMembersOptions> = {}): JsonMember[] | string {
  const members: JsonMember[] = [];
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  try {
    visitJsonMembers(bytes, { ...OPTIONS, ...options }, (member) => {
      members.push(member);
      return undefined;
    });
    return members;
  } catch (error) {
    if (isMirustError(error)) return `${error.code}@${error.offset}`;
    throw error;
  }
}

describe('members', () => {
  test('come in their order, with the offsets of their values', () => {
    expect(visit(' {"ü" : 1,"b":[{}] , "c":"}\\""}\n', { baseOffset: 8 })).toEqual([
      { key: 'ü', value: 1, offset: 17, isNested: false },
      { key: 'b', value: [new Map()], offset: 23, isNested: false },
      { key: 'c', value: '}"', offset: 34, isNested: false },
    ]);
    expect(visit('{}')).toEqual([]);
  });

  test('of one nested object, too, behind the object itself', () => {
    expect(visit('{"m":{"a":1,"m":{"b":2}},"n":{"c":3}}', { nested: 'm' })).toEqual([
      { key: 'm', value: new Map(), offset: 5, isNested: false },
      { key: 'a', value: 1, offset: 10, isNested: true },
      { key: 'm', value: new Map([['b', 2]]), offset: 16, isNested: true },
      { key: 'n', value: new Map([['c', 3]]), offset: 29, isNested: false },
    ]);
    expect(visit('{"m":[1]}', { nested: 'm' })).toEqual([{ key: 'm', value: [1], offset: 5, isNested: false }]);
  });

  test('the visitor may stop, and keep keys itself', () => {
    const seen = new Map<string, unknown>();
    const bytes = new TextEncoder().encode('{"m":{"a":1,"b":2,}');
    visitJsonMembers(bytes, { ...OPTIONS, nested: 'm', nestedKeys: seen }, ({ key, value, isNested }) => {
      if (isNested) seen.set(key, value);
      return key === 'b' ? 'stop' : undefined;
    });
    expect([...seen]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(visit('{"m":{"a":1,"b":2}}', { nested: 'm', nestedKeys: new Set(['b']) })).toBe('JSON_DUPLICATE_KEY@12');
  });
});

describe('every code, byte-literal', () => {
  test.for([
    ['', 'JSON_SYNTAX@0'],
    ['[]', 'JSON_SYNTAX@0'],
    ['\ufeff{}', 'JSON_SYNTAX@0'],
    ['{', 'JSON_SYNTAX@1'],
    ['{"a', 'JSON_SYNTAX@3'],
    ['{"a"', 'JSON_SYNTAX@4'],
    ['{"a":', 'JSON_SYNTAX@5'],
    ['{"a":}', 'JSON_SYNTAX@5'],
    ['{"a":,', 'JSON_SYNTAX@5'],
    ['{"a":1', 'JSON_SYNTAX@6'],
    ['{"a":1,', 'JSON_SYNTAX@7'],
    ['{"a":1,}', 'JSON_SYNTAX@7'],
    ['{"a":1"b":2}', 'JSON_SYNTAX@6'],
    ['{"a":[1}', 'JSON_SYNTAX@7'],
    ['{"a":1]', 'JSON_SYNTAX@6'],
    ['{"a":nul}', 'JSON_SYNTAX@5'],
    ['{"a":01}', 'JSON_SYNTAX@6'],
    ['{"a":"\t"}', 'JSON_SYNTAX@6'],
    ['{"a":"\\', 'JSON_SYNTAX@6'],
    ['{}x', 'JSON_TRAILING@2'],
    ['{"a":1,"\\u0061":2}', 'JSON_DUPLICATE_KEY@7'],
    ['{"a":[[[[]]]]}', 'JSON_DEPTH@8'],
    [`{"a":${'['.repeat(1000)}`, 'JSON_DEPTH@8'],
    ['{"a":1e999}', 'JSON_NUMBER@5'],
    ['{"a":"\\ud800"}', 'JSON_SURROGATE@5'],
    [`{"a":"${'x'.repeat(99)}"}`, 'JSON_TOO_LARGE@5'],
    [`{"${'x'.repeat(99)}":1}`, 'JSON_TOO_LARGE@1'],
    [`{"a":[${'0,'.repeat(20)}0]}`, 'JSON_TOO_LARGE@44'],
  ] as const)('%s → %s', ([text, expected]) => {
    expect(visit(text)).toBe(expected);
    if (text === '') return;
    expect(visit(text, { baseOffset: 8 })).toBe(expected.replace(/\d+$/, (offset) => `${Number(offset) + 8}`));
  });

  test('INVALID_UTF8, integers only', () => {
    expect(visit(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBe('INVALID_UTF8@2');
    expect(visit('{"a":1.0}', { integersOnly: true })).toBe('JSON_NUMBER@5');
  });
});

describe('the same grammar as the whole reader', () => {
  test('for documents that are right', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        fc.pre(!text.includes('__proto__') && !/\\ud[89a-f]/.test(text));
        const whole = parseStrictJson(text) as JsonObject;
        const limits = { maxDepth: 64, maxMemberBytes: 2 ** 20, maxMemberValues: 2 ** 20 };
        const members = visit(text, limits);
        if (typeof members === 'string') expect.fail(members);
        expect(new Map(members.map((member) => [member.key, member.value]))).toEqual(whole);
      }),
    );
  });

  test('for whatever else', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"b"',
      '\\',
      '1',
      '-',
      '.5',
      'true',
      ' ',
      'ü',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), fc.boolean(), (tokens, isNested) => {
        const text = `{"m":{${tokens.join('')}`;
        const found = visit(text, isNested ? { nested: 'm' } : {});
        let expected: string;
        try {
          expected = isJsonObject(parseStrictJson(text, { maxDepth: 4 })) ? 'ok' : 'no object';
        } catch (error) {
          if (!isMirustError(error)) throw error;
          expected = `${error.code}@${error.offset}`;
        }
        expect(typeof found === 'string' ? found : 'ok').toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });
});
