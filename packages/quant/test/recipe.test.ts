import { createEncoding, type DTypeName, formatEncoding, type Shape } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from '../src/glob.ts';
import { createRecipe, parseRecipeType, parseRule, type RecipeTensor, resolveRecipe } from '../src/index.ts';

const tensor = (name: string, shape: Shape, dtype: DTypeName = 'bf16'): RecipeTensor => ({
  name,
  shape,
  storedEncoding: createEncoding(dtype, shape),
});

const TENSORS: readonly RecipeTensor[] = [
  tensor('tok_embeddings.weight', [512, 64]),
  tensor('layers.0.attn_norm.weight', [64]),
  tensor('layers.0.wq.weight', [64, 64]),
  tensor('layers.0.w2.weight', [64, 172]),
  tensor('layers.10.w2.weight', [64, 160], 'f16'),
  tensor('norm.weight', [64], 'f32'),
];

/** `name → encoding` of a recipe over {@link TENSORS}. */
function resolved(options: Parameters<typeof createRecipe>[0]): Record<string, string> {
  const { tensors } = resolveRecipe(createRecipe(options), TENSORS);
  return Object.fromEntries(tensors.map(({ name, encoding }) => [name, formatEncoding(encoding)]));
}

describe('recipes', () => {
  it('q4: matrices in blocks, norms f32, q8 where a row does not divide', () => {
    expect(resolved({ default: 'q4' })).toEqual({
      'tok_embeddings.weight': 'q4/32',
      'layers.0.attn_norm.weight': 'f32',
      'layers.0.wq.weight': 'q4/32',
      'layers.0.w2.weight': 'q8',
      'layers.10.w2.weight': 'q4/32',
      'norm.weight': 'f32',
    });
  });

  it('says why a tensor fell back, and keeps the scale type', () => {
    const { tensors } = resolveRecipe(createRecipe({ default: 'q4', scaleType: 'f16' }), TENSORS);
    expect(tensors[3]).toEqual({
      name: 'layers.0.w2.weight',
      encoding: { dtype: 'q8', blockSize: 172, scaleType: 'f16' },
      requested: 'q4',
      fallbackReason: {
        code: 'row-not-divisible',
        message: 'a row of 172 values does not divide into q4 blocks of 32',
      },
    });
    expect(tensors[2]).not.toHaveProperty('fallbackReason');
  });

  it('rules name norms too, and the last match wins', () => {
    const rules = ['*=q8', 'layers.*.w2.weight=q4/4', '*.0.w2.*=f16', 'norm.weight=f32'].map(parseRule);
    expect(resolved({ default: 'bf16', rules })).toEqual({
      'tok_embeddings.weight': 'q8',
      'layers.0.attn_norm.weight': 'q8',
      'layers.0.wq.weight': 'q8',
      'layers.0.w2.weight': 'f16',
      'layers.10.w2.weight': 'q4/4',
      'norm.weight': 'f32',
    });
  });

  it('the block size comes from the type, else from the recipe', () => {
    const rules = [parseRule('tok*=q4/64')];
    expect(resolved({ default: 'q4', q4BlockSize: 16, rules })).toMatchObject({
      'tok_embeddings.weight': 'q4/64',
      'layers.0.wq.weight': 'q4/16',
    });
  });

  it('keep keeps what the source has, norms too', () => {
    expect(resolved({ default: 'keep', rules: [parseRule('*.wq.*=f32')] })).toEqual({
      'tok_embeddings.weight': 'bf16',
      'layers.0.attn_norm.weight': 'bf16',
      'layers.0.wq.weight': 'f32',
      'layers.0.w2.weight': 'bf16',
      'layers.10.w2.weight': 'f16',
      'norm.weight': 'f32',
    });
  });

  it('a rule that matches nothing is reported; one that is overridden is not', () => {
    const rules = ['layers.?.w2.weight=q4', 'layers.7.*=f16', 'layers.0.*=q8', 'Norm.weight=f16'].map(parseRule);
    const { unusedRules } = resolveRecipe(createRecipe({ default: 'f32', rules }), TENSORS);
    expect(unusedRules).toEqual([rules[1], rules[3]]);
  });

  it('is plain data', () => {
    const recipe = createRecipe({ default: 'q4', rules: [parseRule(' *.w?.weight = q4/64 ')] });
    expect(JSON.parse(JSON.stringify(recipe))).toEqual({
      default: 'q4',
      rules: [{ pattern: '*.w?.weight', type: 'q4/64' }],
      q4BlockSize: 32,
      scaleType: 'f32',
    });
  });
});

describe('types and rules as text', () => {
  it.each(['f32', 'f16', 'bf16', 'q8', 'q4', 'keep'])('%s', (text) => {
    expect(parseRecipeType(text)).toEqual({ dtype: text });
  });

  it('q4 with a block size', () => {
    expect(parseRecipeType('q4/64')).toEqual({ dtype: 'q4', blockSize: 64 });
  });

  it.each([
    '',
    'F32',
    'q5',
    'Q4_0',
    'f64',
    'q8/32',
    'q4/',
    'q4/0',
    'q4/3',
    'q4/70000',
    'q4/-2',
    'q4/1e1',
    'keep/2',
    '__proto__',
  ])('%j is no type', (text) => {
    expect(() => parseRecipeType(text)).toThrow(RangeError);
    expect(() => createRecipe({ default: text })).toThrow(RangeError);
    expect(() => parseRule(`*=${text}`)).toThrow(RangeError);
  });

  it.each(['', '=', '=q8', 'q8', 'a b=q8', 'größe=q8', '\u001b[31m=q8', `${'x'.repeat(257)}=q8`])(
    '%j is no rule',
    (text) => {
      expect(() => parseRule(text)).toThrow(RangeError);
    },
  );

  it.each([0, 1, 3, 2 ** 17, 1.5])('%d is no block size', (q4BlockSize) => {
    expect(() => createRecipe({ default: 'q4', q4BlockSize })).toThrow(RangeError);
  });
});

describe('patterns', () => {
  it('agree with a regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
    const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 10 });
    fc.assert(
      fc.property(patterns, letters, (pattern, name) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesGlob(pattern, name)).toBe(new RegExp(`^${source}$`).test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it('take their time in proportion: a pattern that makes backtracking explode ends', () => {
    const pattern = `${'*a'.repeat(120)}b`;
    expect(matchesGlob(pattern, 'a'.repeat(256))).toBe(false);
  });

  it('hold nothing else special', () => {
    expect(matchesGlob('layers.[0].(w)+', 'layers.[0].(w)+')).toBe(true);
    expect(matchesGlob('layers.0', 'layers-0')).toBe(false);
  });
});
