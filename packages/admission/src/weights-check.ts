/** The values of the weights: whether all are numbers, and whether there is anything in them. */
import type { Checkpoint, CheckpointTensor } from '@mirust/checkpoint';
import { encodedSize, rowCount } from '@mirust/core';
import type { ProgressOptions } from '@mirust/integrity';
import { canDecode } from '@mirust/quant';
import type { AdmissionFinding } from '@mirust/schemas';
import { admissionError } from './errors.ts';
import { findingOf, warningOf } from './verdict.ts';
import { createWeightScanner, type TensorScan } from './weights-scan.ts';

/** How to look. */
export interface WeightCheckOptions extends ProgressOptions {
  /** Look at an eighth of each large tensor alone. Default false. */
  readonly isSampled?: boolean;
}

/**
 * Findings about values, in bytes that have passed `verify`: so scales of our own types are positive and finite, and their
 * values need not be read. Throws what reading throws.
 */
export async function checkWeights(checkpoint: Checkpoint, options: WeightCheckOptions): Promise<AdmissionFinding[]> {
  const { onProgress, isSampled = false, ...readOptions } = options;
  // Of others the contract says that nothing computes with them.
  const tensors = [...checkpoint.tensors.values()].filter(({ encoding }) => canDecode(encoding.dtype));
  const scanner = await createWeightScanner(tensors);
  if (scanner === undefined) {
    const message = 'the rows of a tensor are too long to look at their values';
    return [findingOf(admissionError('ADMISSION_NOT_SCANNED', message))];
  }
  const totalBytes = tensors.reduce((sum, tensor) => sum + storedBytes(tensor), 0);
  const found: AdmissionFinding[] = [];
  let doneBytes = 0;
  let sampled = 0;
  for (const tensor of tensors) {
    const { dtype } = tensor.encoding;
    const end = doneBytes + storedBytes(tensor);
    const scan = await scanner.scan(tensor, {
      ...readOptions,
      isSampled,
      untilTheyDiffer: dtype === 'q8' || dtype === 'q4',
      onBytes(byteLength) {
        doneBytes += byteLength;
        onProgress?.(doneBytes, totalBytes);
      },
    });
    // What need not be read counts, too.
    if (doneBytes < end) onProgress?.(end, totalBytes);
    doneBytes = end;
    if (scan.isPartial) sampled++;
    found.push(...findingsOf(tensor, scan));
  }
  if (sampled === 0) return found;
  const message = `of ${sampled === 1 ? '1 tensor' : `${sampled} tensors`} a sample was looked at`;
  return [...found, warningOf('weights', { code: 'ADMISSION_SAMPLED', message })];
}

function storedBytes({ encoding, shape, name }: CheckpointTensor): number {
  const { payloadBytes, scaleBytes } = encodedSize(encoding, shape, { tensor: name });
  return payloadBytes + scaleBytes;
}

function findingsOf({ name, shape }: CheckpointTensor, scan: TensorScan): AdmissionFinding[] {
  const { nonFiniteCount, firstNonFinite, least, greatest, outlier, isPartial } = scan;
  const all = isPartial ? 'all values that were looked at' : 'all values';
  if (nonFiniteCount > 0) {
    const values = nonFiniteCount === 1 ? 'value that is' : 'values that are';
    const message = `tensor ${name} has ${nonFiniteCount} ${values} NaN or infinite, the first at index ${firstNonFinite}`;
    return [findingOf(admissionError('ADMISSION_WEIGHT_NOT_FINITE', message, { tensor: name }))];
  }
  if (outlier !== undefined) {
    const { row, magnitude, typical } = outlier;
    const [most, usual] = [magnitude, typical].map((value) => value.toPrecision(3));
    const message = `row ${row} of tensor ${name} has values up to ${most}, where ${usual} is typical`;
    return [findingOf(admissionError('ADMISSION_WEIGHT_SCALE', message, { tensor: name }))];
  }
  if (least !== greatest) return [];
  if (least === 0) {
    const message = `${all} of tensor ${name} are 0`;
    return [findingOf(admissionError('ADMISSION_WEIGHT_ZERO', message, { tensor: name }))];
  }
  // Vectors of ones are what a norm starts from.
  if (rowCount(shape) === 1) return [];
  const message = `${all} of tensor ${name} are ${least}`;
  return [findingOf(admissionError('ADMISSION_WEIGHT_CONSTANT', message, { tensor: name }))];
}
