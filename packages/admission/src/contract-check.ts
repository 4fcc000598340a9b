/** Everything about the tensors that would keep the runtime from using them. */
import { type InspectedCheckpoint, layoutCheckpoint } from '@mirust/checkpoint';
import { formatEncoding } from '@mirust/core';
import { canDecode } from '@mirust/quant';
import type { AdmissionFinding } from '@mirust/schemas';
import { admissionError } from './errors.ts';
import type { AdmissionRun } from './run.ts';
import { findingOf } from './verdict.ts';

/**
 * Findings about tensors: those that the contract does not allow, all of them; types that the runtime would refuse;
 * where neither is the case, a layout that cannot exist. Problems that nobody made an error of are counted in
 * the run.
 */
export function checkContract(inspected: InspectedCheckpoint, run: Pick<AdmissionRun, 'omit'>): AdmissionFinding[] {
  const { checkpoint, problems, problemCount } = inspected;
  const found = problems.map(findingOf);
  run.omit(problemCount - problems.length);
  const named = new Set(problems.map(({ context }) => context.tensor));
  for (const { name, sourceName, encoding } of checkpoint.tensors.values()) {
    if (canDecode(encoding.dtype) || named.has(name) || named.has(sourceName)) continue;
    const message = `tensor ${name} is stored as ${formatEncoding(encoding)}`;
    found.push(findingOf(admissionError('ADMISSION_DTYPE', message, { tensor: name })));
  }
  // Throws a MirustError, which is the finding then.
  if (found.length === 0) layoutCheckpoint(checkpoint);
  return found;
}
