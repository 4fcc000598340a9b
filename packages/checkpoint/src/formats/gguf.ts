/** GGUF files of the llama family: names and hyperparameters mapped onto the contract, blocks kept as they are. */
import { type ByteSource, createEncoding, type ReadOptions } from '@mirust/core';
import { type GgufFile, type GgufTensor, optionalString, readGguf } from '@mirust/gguf';
import { describeModel, type ModelDescription, readGgufHyperparameters } from '@mirust/model';
import type { CheckpointFacts, CheckpointTensor } from '../checkpoint.ts';
import type { OpenedModel } from '../opened.ts';
import { storedTensor } from '../rows.ts';
import { readGgufTokenizer } from '../tokenizers.ts';

/** Opens a GGUF file: reads its header, nothing of its tensors. Throws what reader and `describeModel` throw. */
export async function openGguf(source: ByteSource, options: ReadOptions = {}): Promise<OpenedModel> {
  const file = await readGguf(source, options);
  const model = describeGguf(file);
  return {
    format: 'gguf',
    files: [{ name: source.name, source }],
    model,
    tensors: mapTensors(file, model, source),
    facts: readFacts(file),
    rootDigest: undefined,
    warnings: file.warnings,
    verify: async () => {},
    readTokenizer: async () => readGgufTokenizer(file),
  };
}

/** The model that a GGUF header describes. */
export function describeGguf(file: GgufFile): ModelDescription {
  const { architecture, hyperparameters } = readGgufHyperparameters(file.metadata, {
    hasOutput: file.tensorsByName.has('output.weight'),
    hasRopeFactors: file.tensorsByName.has('rope_freqs.weight'),
    embeddingRows: file.tensorsByName.get('token_embd.weight')?.shape[0],
  });
  return describeModel(architecture, hyperparameters);
}

/** Every tensor of the file, canonical where the contract knows it: the contract check names the others. */
function mapTensors(
  file: GgufFile,
  model: ModelDescription,
  source: ByteSource,
): ReadonlyMap<string, CheckpointTensor> {
  const canonical = new Map(model.contract.map(({ name, aliases }) => [aliases.gguf, name]));
  const tensors = new Map<string, CheckpointTensor>();
  for (const tensor of file.tensors) {
    const name = canonical.get(tensor.name) ?? tensor.name;
    tensors.set(name, mapTensor(name, tensor, source));
  }
  return tensors;
}

function mapTensor(name: string, tensor: GgufTensor, source: ByteSource): CheckpointTensor {
  const encoding = createEncoding(tensor.dtype, tensor.shape);
  const identity = { name, sourceName: tensor.name, shape: tensor.shape, encoding };
  return storedTensor(identity, { source, offset: tensor.offset, scaleOffset: 0 });
}

function readFacts({ metadata }: GgufFile): CheckpointFacts {
  const name = optionalString(metadata, 'general.name');
  const license = optionalString(metadata, 'general.license');
  const baseModel = optionalString(metadata, 'general.base_model.0.name');
  const chatTemplate = optionalString(metadata, 'tokenizer.chat_template');
  return {
    ...(name === undefined ? {} : { name }),
    ...(license === undefined ? {} : { license }),
    ...(baseModel === undefined ? {} : { baseModel }),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
  };
}
