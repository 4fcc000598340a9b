/** GGUF files: of the llama family, names and hyperparameters are mapped onto the contract; blocks are kept as they are. */
import { type ByteSource, createEncoding, type ReadOptions } from '@mirust/core';
import { type GgufFile, type GgufTensor, optionalString, optionalUint, readGguf } from '@mirust/gguf';
import { describeModel, type ModelDescription, readGgufHyperparameters } from '@mirust/model';
import type { CheckpointTensor } from '../checkpoint.ts';
import { checkpointError } from '../errors.ts';
import type { RawFacts } from '../facts.ts';
import type { OpenedHeaders, OpenedModel } from '../opened.ts';
import type { MappedTensors } from '../problems.ts';
import { storedTensor } from '../rows.ts';
import { readGgufTokenizer } from '../tokenizers.ts';

/** One file of a model. */
export interface GgufPart {
  readonly name: string;
  readonly source: ByteSource;
  readonly header: GgufFile;
}

/** The header of one file. Throws what `readGguf` throws. */
export async function readGgufPart(source: ByteSource, name: string, options: ReadOptions = {}): Promise<GgufPart> {
  const header = await readGguf(source, options.signal === undefined ? {} : { signal: options.signal });
  return { name, source, header };
}

/**
 * The headers of the file, or of all parts of a split one in their order, the first of which has the metadata. Describing
 * one part alone throws `CHECKPOINT_INCOMPLETE`.
 */
export function ggufHeaders(first: GgufPart, others: readonly GgufPart[] = []): OpenedHeaders {
  const { metadata } = first.header;
  const parts = [first, ...others];
  return {
    format: 'gguf',
    files: parts.map(({ name, source }) => ({ name, source })),
    tensors: parts.flatMap(({ name: file, header }) =>
      header.tensors.map(({ name, shape, dtype, byteLength }) => {
        return { name, shape, encoding: createEncoding(dtype, shape), byteLength, file };
      }),
    ),
    warnings: parts.flatMap(({ header }) => header.warnings),
    metadata,
    countTokens: () => {
      const tokens = metadata.get('tokenizer.ggml.tokens');
      return tokens?.type === 'array' ? tokens.values.length : undefined;
    },
    describe: () => {
      const count = splitCount(first);
      if (count !== parts.length) throw lonePart(count);
      return describeGguf(first, parts);
    },
  };
}

/** Files that a model is split over, as a part says it; 1 where it is not split. */
export function splitCount({ header: { metadata } }: GgufPart): number {
  return Math.max(1, optionalUint(metadata, 'split.count') ?? 1);
}

/** Parts of a split file have a table each: one alone would look like a model without most of its tensors. */
function lonePart(count: number): Error {
  return checkpointError('CHECKPOINT_INCOMPLETE', `the file is one of ${count} parts of a model`, {
    key: 'split.count',
    actual: count,
    remedy: 'Join the parts with llama-gguf-split --merge.',
  });
}

function describeGguf(first: GgufPart, parts: readonly GgufPart[]): OpenedModel {
  const { header } = first;
  const find = (name: string): GgufTensor | undefined =>
    parts.map((part) => part.header.tensorsByName.get(name)).find((tensor) => tensor !== undefined);
  const { architecture, hyperparameters } = readGgufHyperparameters(header.metadata, {
    hasOutput: find('output.weight') !== undefined,
    hasRopeFactors: find('rope_freqs.weight') !== undefined,
    embeddingRows: find('token_embd.weight')?.shape[0],
  });
  const model = describeModel(architecture, hyperparameters);
  return {
    format: 'gguf',
    files: parts.map(({ name, source }) => ({ name, source })),
    model,
    ...mapTensors(parts, model),
    readFacts: async () => factsOf(header),
    rootDigest: undefined,
    warnings: parts.flatMap((part) => part.header.warnings),
    verify: async () => {},
    readTokenizer: async () => readGgufTokenizer(header),
  };
}

function mapTensors(parts: readonly GgufPart[], model: ModelDescription): MappedTensors {
  const canonical = new Map(model.contract.map(({ name, aliases }) => [aliases.gguf, name]));
  const tensors = new Map<string, CheckpointTensor>();
  const strangers: string[] = [];
  for (const { source, header } of parts) {
    for (const tensor of header.tensors) {
      const name = canonical.get(tensor.name);
      if (name === undefined) strangers.push(tensor.name);
      else tensors.set(name, mapTensor(name, tensor, source));
    }
  }
  return { tensors, strangers };
}

function mapTensor(name: string, tensor: GgufTensor, source: ByteSource): CheckpointTensor {
  const encoding = createEncoding(tensor.dtype, tensor.shape);
  const identity = { name, sourceName: tensor.name, shape: tensor.shape, encoding };
  return storedTensor(identity, { source, offset: tensor.offset, scaleOffset: 0 });
}

function factsOf({ metadata }: GgufFile): RawFacts {
  return {
    name: optionalString(metadata, 'general.name'),
    license: optionalString(metadata, 'general.license'),
    baseModel: optionalString(metadata, 'general.base_model.0.name'),
    chatTemplate: optionalString(metadata, 'tokenizer.chat_template'),
  };
}
