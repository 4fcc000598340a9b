import { describe, expect, it } from 'vitest';
import { nearest } from '../src/nearest.ts';

const NAMES = ['quant', 'rule', 'format', 'temperature', 'top-k', 'top-p', 'json'];

describe('the nearest name', () => {
  it.each([
    ['quantt', 'quant'],
    ['qaunt', 'quant'],
    ['rules', 'rule'],
    ['fromat', 'format'],
    ['temp', 'temperature'],
    ['topk', 'top-k'],
    ['jsn', 'json'],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, NAMES)).toBe(expected);
  });

  it.each(['verbose', 'x', '', 'q', 'jjjj', 'j'.repeat(1_000_000)])('is none for %.10s', (word) => {
    expect(nearest(word, NAMES)).toBeUndefined();
  });
});
