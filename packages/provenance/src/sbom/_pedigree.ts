/** The pedigree of a bill: the model that this one was made from, and the very files. */
import type { QuantizationPredicate } from '@mirust/schemas';

/** `pedigree` of CycloneDX 1.6; nothing where no ancestor is known. */
export function pedigree({ model, sources = [], recipe }: QuantizationPredicate): { readonly pedigree?: object } {
  const base = model?.baseModel;
  const ancestors = [
    ...(base === undefined ? [] : [{ type: 'machine-learning-model', name: base }]),
    ...sources.map(({ name, sha256, byteLength }) => ({
      type: 'file',
      name,
      hashes: [{ alg: 'SHA-256', content: sha256 }],
      properties: [{ name: 'mirust:byteLength', value: String(byteLength) }],
    })),
  ];
  if (ancestors.length === 0) return {};
  return { pedigree: { ancestors, ...(recipe === undefined ? {} : { notes: `converted as ${recipe.default}` }) } };
}
