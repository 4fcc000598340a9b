import { isMirustError, type Shape } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import { checkTensors, contractProblems, describeModel, type Hyperparameters, parameterCount } from '../src/index.ts';
import { LLAMA_SIZES, TINY_FIXTURE, TINY_LM } from './models.ts';

const contractOf = (h: Hyperparameters) => describeModel('llama', h).contract;

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isMirustError(error)) return error.code;
    throw error;
  }
  throw new Error('expected an error');
}

describe('tensor contract', () => {
  it.each(LLAMA_SIZES)('LLaMA %s has exactly its published parameters', (_name, h, parameters) => {
    expect(parameterCount(contractOf(h))).toBe(parameters);
  });

  it('TinyLM-16M has 39 tensors and 17,048,064 parameters', () => {
    expect(contractOf(TINY_LM)).toHaveLength(39);
    expect(parameterCount(contractOf(TINY_LM))).toBe(17_048_064);
  });

  it('the tiny fixture has 12 tensors and 4,824 parameters; tied 11 and 2,744', () => {
    expect(contractOf(TINY_FIXTURE)).toHaveLength(12);
    expect(parameterCount(contractOf(TINY_FIXTURE))).toBe(4824);
    const tied = contractOf({ ...TINY_FIXTURE, tiedOutput: true });
    expect(tied).toHaveLength(11);
    expect(parameterCount(tied)).toBe(2744);
  });

  it('names a missing, an unknown and a misshapen tensor, all of them', () => {
    const contract = contractOf(TINY_FIXTURE);
    const tensors = new Map<string, Shape>(contract.map((spec) => [spec.name, spec.shape]));
    expect(contractProblems(contract, tensors)).toEqual([]);
    tensors.delete('norm.weight');
    tensors.set('layers.0.wq.weight', [8, 4]);
    tensors.set('layers.1.wq.weight\n', [8, 8]);
    expect(contractProblems(contract, tensors).map((p) => [p.code, p.tensor])).toEqual([
      ['MODEL_TENSOR_MISSING', 'norm.weight'],
      ['MODEL_TENSOR_SHAPE', 'layers.0.wq.weight'],
      ['MODEL_TENSOR_UNKNOWN', 'layers.1.wq.weight\n'],
    ]);
    expect(codeOf(() => checkTensors(contract, tensors))).toBe('MODEL_TENSOR_MISSING');
    tensors.set('norm.weight', [8]);
    expect(codeOf(() => checkTensors(contract, tensors))).toBe('MODEL_TENSOR_SHAPE');
    tensors.set('layers.0.wq.weight', [8, 8]);
    expect(codeOf(() => checkTensors(contract, tensors))).toBe('MODEL_TENSOR_UNKNOWN');
  });
});

describe('hyperparameter ranges', () => {
  const cases: readonly (readonly [string, Partial<Hyperparameters>])[] = [
    ['zero layers', { layerCount: 0 }],
    ['a huge layer count', { layerCount: 2 ** 31 }],
    ['a fractional hidden size', { hiddenSize: 8.5 }],
    ['NaN', { ffnSize: Number.NaN }],
    ['a negative vocabulary', { vocabSize: -1 }],
    ['kv heads that do not divide the heads', { headCount: 3, kvHeadCount: 2 }],
    ['an odd head dim', { headDim: 3 }],
    ['an infinite theta', { ropeTheta: Number.POSITIVE_INFINITY }],
    ['a zero epsilon', { rmsNormEpsilon: 0 }],
    ['a zero window', { slidingWindow: 0 }],
    ['a zero linear factor', { ropeScaling: { type: 'linear', factor: 0 } }],
    [
      'llama3 factors in the wrong order',
      {
        ropeScaling: {
          type: 'llama3',
          factor: 8,
          lowFrequencyFactor: 4,
          highFrequencyFactor: 1,
          originalContext: 8192,
        },
      },
    ],
  ];
  it.each(cases)('refuses %s', (_name, change) => {
    expect(codeOf(() => describeModel('llama', { ...TINY_FIXTURE, ...change }))).toBe('MODEL_FIELD_RANGE');
  });

  it('refuses an unknown architecture by name, also one that is a property of every object', () => {
    expect(codeOf(() => describeModel('rwkv', TINY_FIXTURE))).toBe('MODEL_ARCHITECTURE');
    expect(codeOf(() => describeModel('__proto__', TINY_FIXTURE))).toBe('MODEL_ARCHITECTURE');
  });
});
