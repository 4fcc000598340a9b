/**
 * What our own statements say of an artifact: `schemas/quantization-predicate.schema.json`. The type is a name, as that of
 * model_signing is; nothing is served there.
 */
import { detectFormat, type FileSet, openCheckpoint } from '@mirust/checkpoint';
import { type ByteSource, isMirustError, type ReadOptions, sanitizeText } from '@mirust/core';
import { plainJson } from '@mirust/integrity';
import { parameterCount } from '@mirust/model';
import {
  type QuantizationPredicate,
  type SignedModel,
  type ToolRecord,
  validateQuantizationPredicate,
} from '@mirust/schemas';
import { readSlm2 } from '@mirust/slm';
import { signedNames } from './artifact.ts';
import { provenanceError } from './errors.ts';
import type { Statement } from './statement.ts';

/** Its type. */
export const QUANTIZATION_PREDICATE = 'https://mirust/quantization/v1';

/**
 * The predicate of an artifact, from what its files say. Headers alone are read. Throws `CHECKPOINT_…` codes for a file of
 * no known format, RangeError for one that is a part of a directory, and what reading throws; a model that cannot be
 * described (of an architecture that nothing here runs, say) is signed without a description.
 */
export async function describeArtifact(
  files: FileSet,
  signedBy: ToolRecord,
  options: ReadOptions = {},
): Promise<QuantizationPredicate> {
  let byteLength = 0;
  let format: QuantizationPredicate['artifact']['format'] = 'huggingface';
  let made: Pick<QuantizationPredicate, 'sources' | 'recipe' | 'tool' | 'tensors'> = {};
  for (const name of signedNames(files)) {
    const source = await files.open(name);
    try {
      byteLength += source.byteLength;
      if (files.primary === undefined) continue;
      const detected = await detectFormat(source, { ...options, name });
      if (detected === 'json') throw new RangeError(`${sanitizeText(name)} is a part of a model: sign its directory`);
      format = detected;
      if (format === 'slm2') made = await madeOf(source, options);
    } finally {
      await source.close();
    }
  }
  const model = await modelOf(files, options);
  return { artifact: { format, byteLength }, ...(model === undefined ? {} : { model }), ...made, signedBy };
}

async function madeOf(
  source: ByteSource,
  options: ReadOptions,
): Promise<Pick<QuantizationPredicate, 'sources' | 'recipe' | 'tool' | 'tensors'>> {
  const { sources, recipe, tool, tensors } = (await readSlm2(source, options)).meta;
  return { sources, recipe, tool, tensors };
}

async function modelOf(files: FileSet, options: ReadOptions): Promise<SignedModel | undefined> {
  try {
    const checkpoint = await openCheckpoint(files, options);
    try {
      const { facts, model } = checkpoint;
      return {
        ...textField('name', facts.name),
        architecture: model.architecture,
        parameterCount: parameterCount(model.contract),
        ...textField('license', facts.license),
        ...textField('baseModel', facts.baseModel),
      };
    } finally {
      await checkpoint.close();
    }
  } catch (error) {
    if (isMirustError(error) && error.class !== 'io') return undefined;
    throw error;
  }
}

/** A fact that its schema can hold; another one is left out, for a shortened name would be another name. */
function textField<K extends string>(key: K, text: string | undefined): { [P in K]?: string } {
  if (text === undefined || !/^[^\p{Cc}]{1,256}$/u.test(text)) return {};
  return { [key]: text } as { [P in K]?: string };
}

/** The predicate of one of our statements. Throws `PROVENANCE_PREDICATE`. */
export function quantizationOf({ predicate }: Statement): QuantizationPredicate {
  const result = validateQuantizationPredicate(predicate === undefined ? undefined : plainJson(predicate));
  if (result.ok) return result.value;
  const problem = result.errors[0] ?? { path: '', message: 'is wrong' };
  const key = sanitizeText(problem.path);
  throw provenanceError('PROVENANCE_PREDICATE', `the predicate${key} ${sanitizeText(problem.message)}`, { key });
}
