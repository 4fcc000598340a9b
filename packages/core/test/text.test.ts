import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeMarkdown, formatBytes, MAX_SHOWN_CHARACTERS, parseBytes, sanitizeText } from '../src/index.ts';

describe('sanitizeText', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', '\\u{1b}[31mred\\u{1b}[0m'],
    ['a\r\nb\tc\u0000', 'a\\u{d}\\u{a}b\\u{9}c\\u{0}'],
    ['\u202egnp.exe', '\\u{202e}gnp.exe'],
    ['\u2066x\u2069\u200e', '\\u{2066}x\\u{2069}\\u{200e}'],
    ['zero\u200bwidth\ufeff', 'zero\\u{200b}width\\u{feff}'],
    ['line\u2028paragraph\u2029', 'line\\u{2028}paragraph\\u{2029}'],
    ['\u009b31m', '\\u{9b}31m'],
    ['half \ud800', 'half \\u{d800}'],
    ['layers.0.wq.weight', 'layers.0.wq.weight'],
    ['größe 日本 🙂', 'größe 日本 🙂'],
  ])('%j becomes %j', (text, shown) => {
    expect(sanitizeText(text)).toBe(shown);
  });

  it('bounds the length and says how long the text was', () => {
    const shown = sanitizeText('x'.repeat(10 ** 6));
    expect(shown.length).toBeLessThan(MAX_SHOWN_CHARACTERS + 40);
    expect(shown).toContain('(1000000 characters)');
  });

  it('lets nothing invisible through, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(sanitizeText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('escapeMarkdown', () => {
  it.each([
    ['a|b', 'a\\|b'],
    ['`x` **y** _z_', '\\`x\\` \\*\\*y\\*\\* \\_z\\_'],
    ['<script> &amp; @team #1 [a](b)', '\\<script\\> \\&amp; \\@&#8203;team \\#&#8203;1 \\[a\\]\\(b\\)'],
    ['https://x.y', 'https\\://x\\.y'],
    ['a\\', 'a\\\\'],
    ['layer 0', 'layer 0'],
  ])('%j becomes %j', (text, shown) => {
    expect(escapeMarkdown(text)).toBe(shown);
  });
});

describe('byte counts', () => {
  it.each([
    [0, '0 B'],
    [1000, '1,000 B'],
    [1023, '1,023 B'],
    [1024, '1.00 KiB'],
    [1536, '1.50 KiB'],
    [2 ** 31, '2.00 GiB'],
    [2 ** 53 - 1, '8.00 PiB'],
  ])('%d is shown as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    ['0', 0],
    ['1000', 1000],
    ['512MiB', 512 * 2 ** 20],
    ['2 GiB', 2 ** 31],
    ['1.5GB', 1.5e9],
    [' 3 kb ', 3000],
    ['0.5KiB', 512],
    ['7b', 7],
  ])('%j is read as %d', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each([
    '',
    'MiB',
    '-1',
    '1e9',
    '1,000',
    '5 parsecs',
    '1.',
    '.5',
    '9e99',
    '99999999999999999999',
    '1 2',
    'constructor',
  ])('%j is refused', (text) => {
    expect(() => parseBytes(text)).toThrow(RangeError);
  });

  it('reads back whole numbers of a unit', () => {
    const units = fc.constantFrom(['KiB', 2 ** 10] as const, ['MiB', 2 ** 20] as const, ['GiB', 2 ** 30] as const);
    fc.assert(
      fc.property(units, fc.integer({ min: 1, max: 1023 }), ([unit, size], count) => {
        expect(parseBytes(formatBytes(count * size).replace(',', ''))).toBe(count * size);
        expect(parseBytes(`${count}${unit}`)).toBe(count * size);
      }),
    );
  });
});
