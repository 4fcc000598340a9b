/** Models to plan, and reports that are checked against their schema. */
import { createEncoding, type DTypeName } from '@mirust/core';
import { describeModel, type Hyperparameters } from '@mirust/model';
import { type PlanReport, validatePlanReport } from '@mirust/schemas';
import { expect } from 'vitest';
// @boundaries-ignore known models live beside the tests of the model package
import { LLAMA_SIZES } from '../../model/test/models.ts';
import { type ModelOutline, outlineOfDescription, type PlanInput, type PlanOptions, planMemory } from '../src/index.ts';

/** A model of no size to speak of, with groups of heads. */
export const SMALL: Hyperparameters = {
  vocabSize: 300,
  hiddenSize: 64,
  layerCount: 3,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 32,
  ffnSize: 96,
  maxContext: 4096,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: false,
};

/** The outline of a llama model: a size of the first LLaMA, or hyperparameters. */
export function outlineOf(model: string | Hyperparameters): ModelOutline {
  const found = typeof model === 'string' ? LLAMA_SIZES.find(([name]) => name === model)?.[1] : model;
  return outlineOfDescription(describeModel('llama', found ?? expect.fail(`no model ${JSON.stringify(model)}`)));
}

/** The same tensors and cache, without a program. */
export function withoutProgram({ description: _description, ...outline }: ModelOutline): ModelOutline {
  return { ...outline, architecture: 'other' };
}

/** Every matrix in one type, vectors in f32. */
export function inputOf(outline: ModelOutline, dtype: DTypeName): PlanInput {
  const encodings = new Map(
    outline.tensors.map(({ name, shape }) => [name, createEncoding(shape.length > 1 ? dtype : 'f32', shape)]),
  );
  return { outline, encodings, source: 'weights' };
}

/** Plans, and holds the report to its schema and to its sum. */
export function planned(input: PlanInput, options: PlanOptions = {}): PlanReport {
  const report = planMemory(input, options);
  expect(validatePlanReport(report)).toMatchObject({ ok: true });
  expect(report.components.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(report.totalBytes);
  return report;
}
