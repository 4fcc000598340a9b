/** Rules of models in several safetensors files: the index, and the files that it names. */
import type { RuleDocs } from './rule-doc.ts';

export const SAFETENSORS_INDEX_DOCS: RuleDocs = {
  SAFETENSORS_INDEX: {
    about:
      'An index is a JSON object with a weight_map that names a file for every tensor. It decides which files are opened at all, so it is checked before the first of them is; an empty map would make a model without weights pass as one without problems.',
    example: {
      input: { file: 'model.safetensors.index.json', text: '{"weight_map": {}}' },
      says: 'the index has no weight_map object with entries (at byte 0)',
    },
  },
  SAFETENSORS_SHARD_NAME: {
    about:
      'Names in an index may hold letters, digits, dots, underscores and hyphens, and end in .safetensors. They are joined to a directory and opened, so "../" or a drive letter would reach any file of the machine, a URL escape or a Windows stream would get past a check that looks for slashes, and another ending would bring back the pickles that safetensors are there to avoid.',
    example: {
      input: { file: 'model.safetensors.index.json', text: '{"weight_map": {"t": "../../secret.safetensors"}}' },
      says: 'the index places tensor "t" in "../../secret.safetensors", which is no plain .safetensors name (at byte 21)',
    },
  },
  SAFETENSORS_SHARD_MISSING_TENSOR: {
    about:
      'Each tensor of the index must be in the file that the index names. If it is not, index and files come from different revisions, or a file was replaced by another model of the same shape. Frameworks that go on initialize the missing weights at random, with one line of warning among many.',
    example: {
      input: {
        described: 'The index places a tensor t in weights.safetensors, which has no tensors.',
      },
      says: 'the index places tensor "t" in weights.safetensors, which does not have it',
    },
  },
  SAFETENSORS_SHARD_EXTRA_TENSOR: {
    about:
      'A file of a split model has no tensor besides those that the index places in it. Readers that merge whole files load it, readers that go by the index do not, so the two have different models. Left-overs of an earlier revision are the usual cause.',
    example: {
      input: { described: 'The index places every tensor of the model but lm_head.weight, which the file has, too.' },
      says: 'model-00001-of-00002.safetensors has tensor "lm_head.weight", which the index does not know',
    },
  },
  SAFETENSORS_SHARD_DUPLICATE: {
    about:
      'A tensor lies in one file, the one that the index says. With a second copy elsewhere, the weights of the model depend on the order in which a reader opens the files. Such pairs remain when shards of two exports, split at different places, end up in one directory.',
    example: {
      input: { described: 'The index places lm_head.weight in the second of two files; it is in the first.' },
      says: 'model-00001-of-00002.safetensors has tensor "lm_head.weight", which the index places in model-00002-of-00002.safetensors',
    },
  },
  SAFETENSORS_TOTAL_SIZE: {
    about:
      'The index may state how many bytes all tensors have together. Nothing reads the number, and tools that drop or tie a weight forget to correct it, so a wrong one is only worth a remark. Together with other findings it helps to see that an index belongs to another revision.',
    example: {
      input: { described: 'The index of a sound model in two files has "total_size": 1.' },
      says: 'the index states 1 bytes, its files have 5152',
    },
  },
};
