/** GGUF files of the llama family: names and hyperparameters mapped onto the contract, blocks kept as they are. */
import { type ByteSource, createEncoding, type ReadOptions } from '@mirust/core';
import { type GgufFile, type GgufTensor, optionalString, optionalUint, readGguf } from '@mirust/gguf';
import { describeModel, type ModelDescription, readGgufHyperparameters } from '@mirust/model';
import type { CheckpointTensor } from '../checkpoint.ts';
import { checkpointError } from '../errors.ts';
import type { RawFacts } from '../facts.ts';
import type { OpenedModel } from '../opened.ts';
import type { MappedTensors } from '../problems.ts';
import { storedTensor } from '../rows.ts';
import { readGgufTokenizer } from '../tokenizers.ts';

/**
 * Opens a GGUF file: reads its header, nothing of its tensors. Throws `CHECKPOINT_INCOMPLETE` for one part of a split
 * file, and what reader and `describeModel` throw.
 */
export async function openGguf(source: ByteSource, fileName: string, options: ReadOptions = {}): Promise<OpenedModel> {
  const file = await readGguf(source, options.signal === undefined ? {} : { signal: options.signal });
  refuseSplit(file);
  const model = describeGguf(file);
  return {
    format: 'gguf',
    files: [{ name: fileName, source }],
    model,
    ...mapTensors(file, model, source),
    facts: readFacts(file),
    rootDigest: undefined,
    warnings: file.warnings,
    verify: async () => {},
    readTokenizer: async () => readGgufTokenizer(file),
  };
}

/** Parts of a split file have a table each: one alone would look like a model without most of its tensors. */
function refuseSplit({ metadata }: GgufFile): void {
  const count = optionalUint(metadata, 'split.count') ?? 1;
  if (count <= 1) return;
  const remedy = 'Join the parts with llama-gguf-split --merge.';
  throw checkpointError('CHECKPOINT_INCOMPLETE', `the file is one of ${count} parts of a model`, {
    key: 'split.count',
    actual: count,
    remedy,
  });
}

/** The model that a GGUF header describes. */
function describeGguf(file: GgufFile): ModelDescription {
  const { architecture, hyperparameters } = readGgufHyperparameters(file.metadata, {
    hasOutput: file.tensorsByName.has('output.weight'),
    hasRopeFactors: file.tensorsByName.has('rope_freqs.weight'),
    embeddingRows: file.tensorsByName.get('token_embd.weight')?.shape[0],
  });
  return describeModel(architecture, hyperparameters);
}

function mapTensors(file: GgufFile, model: ModelDescription, source: ByteSource): MappedTensors {
  const canonical = new Map(model.contract.map(({ name, aliases }) => [aliases.gguf, name]));
  const tensors = new Map<string, CheckpointTensor>();
  const strangers: string[] = [];
  for (const tensor of file.tensors) {
    const name = canonical.get(tensor.name);
    if (name === undefined) strangers.push(tensor.name);
    else tensors.set(name, mapTensor(name, tensor, source));
  }
  return { tensors, strangers };
}

function mapTensor(name: string, tensor: GgufTensor, source: ByteSource): CheckpointTensor {
  const encoding = createEncoding(tensor.dtype, tensor.shape);
  const identity = { name, sourceName: tensor.name, shape: tensor.shape, encoding };
  return storedTensor(identity, { source, offset: tensor.offset, scaleOffset: 0 });
}

function readFacts({ metadata }: GgufFile): RawFacts {
  return {
    name: optionalString(metadata, 'general.name'),
    license: optionalString(metadata, 'general.license'),
    baseModel: optionalString(metadata, 'general.base_model.0.name'),
    chatTemplate: optionalString(metadata, 'tokenizer.chat_template'),
  };
}
