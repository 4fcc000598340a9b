/**
 * A Hugging Face directory: config.json, model.safetensors or its shards with an index, tokenizer files. Rows of the
 * q and k projections are kept as halves there and are handed out as pairs.
 */
import {
  type ByteSource,
  createEncoding,
  type DTypeName,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  parseStrictJson,
  type ReadOptions,
  sanitizeText,
  type Warning,
} from '@mirust/core';
import { describeModel, type ModelDescription, readHuggingFaceConfig, type TensorSpec } from '@mirust/model';
import { openSharded, readSafetensors, readSafetensorsIndex, type SafetensorsTensor } from '@mirust/safetensors';
import type { CheckpointFacts, CheckpointFile, CheckpointTensor } from '../checkpoint.ts';
import { checkpointError } from '../errors.ts';
import { type FileSet, readSmallFile } from '../file-set.ts';
import type { OpenedModel } from '../opened.ts';
import { ropePermutedTensor, storedTensor } from '../rows.ts';
import { readHuggingFaceTokenizer } from '../tokenizers.ts';

/** A config.json has a few kB; a megabyte is not one. */
export const MAX_CONFIG_BYTES: number = 2 ** 20;

/** An index names every tensor once: 100,000 tensors with long names take about 10 MB. */
const MAX_INDEX_BYTES: number = 64 * 2 ** 20;

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** Types that a llama-family checkpoint may store its weights in. */
const WEIGHT_TYPES: ReadonlySet<DTypeName> = new Set<DTypeName>(['f32', 'f16', 'bf16']);

/**
 * Opens a Hugging Face directory. Headers only. The tables come before the configuration, so that a damaged file is
 * called damaged, whatever else is missing. Throws what the readers and `describeModel` throw.
 */
export async function openHuggingFace(files: FileSet, options: ReadOptions = {}): Promise<OpenedModel> {
  const opened: CheckpointFile[] = [];
  try {
    const { tensors, warnings } = await readTables(files, opened, options);
    const config = await readJsonFile(files, 'config.json');
    if (config === undefined) {
      throw checkpointError('CHECKPOINT_INCOMPLETE', 'config.json is missing', { file: 'config.json' });
    }
    const model = describeConfig(config);
    const mapped = mapTensors(model, tensors, opened);
    return {
      format: 'huggingface',
      files: opened,
      model,
      tensors: mapped.tensors,
      facts: await readFacts(files, config),
      rootDigest: undefined,
      warnings: [...warnings, ...mapped.warnings],
      verify: async () => {},
      readTokenizer: () => readHuggingFaceTokenizer(files),
    };
  } catch (error) {
    for (const { source } of opened) await source.close();
    throw error;
  }
}

/** The model that a parsed config.json describes. */
export function describeConfig(config: JsonObject): ModelDescription {
  const { architecture, hyperparameters } = readHuggingFaceConfig(config);
  return describeModel(architecture, hyperparameters);
}

/** A small JSON file whose top is an object; undefined where it is absent. */
export async function readJsonFile(files: FileSet, name: string): Promise<JsonObject | undefined> {
  const bytes = await readSmallFile(files, name, MAX_CONFIG_BYTES);
  if (bytes === undefined) return undefined;
  const value = parseStrictJson(bytes, { what: name });
  if (!isJsonObject(value)) {
    throw checkpointError('CHECKPOINT_FORMAT', `${name} is not a JSON object`, { file: name, offset: 0 });
  }
  return value;
}

/** The tensor tables of the single file or of all shards, and the open files. */
async function readTables(
  files: FileSet,
  opened: CheckpointFile[],
  options: ReadOptions,
): Promise<{ tensors: readonly SafetensorsTensor[]; warnings: readonly Warning[] }> {
  const open = async (name: string): Promise<ByteSource> => {
    if (!files.names.includes(name)) {
      throw checkpointError('CHECKPOINT_INCOMPLETE', `${sanitizeText(name)} is missing`, { file: sanitizeText(name) });
    }
    const source = await files.open(name);
    opened.push({ name, source });
    return source;
  };
  const index = await readSmallFile(files, INDEX, MAX_INDEX_BYTES);
  if (index !== undefined && files.primary === undefined) {
    return openSharded(readSafetensorsIndex(index), open, options);
  }
  const single = files.primary ?? SINGLE;
  if (!files.names.includes(single)) refusePickles(files);
  return readSafetensors(await open(single), { ...options, file: single });
}

/** A directory whose only weights are pickles gets that as the reason. */
function refusePickles(files: FileSet): void {
  const pickle = files.names.find((name) => /^(pytorch_model.*\.bin|.*\.(pt|pth|ckpt|pkl))$/i.test(name));
  if (pickle === undefined) return;
  const shown = sanitizeText(pickle);
  throw checkpointError('CHECKPOINT_PICKLE', `the only weights are in ${shown}, which is not opened`, { file: shown });
}

function mapTensors(
  model: ModelDescription,
  stored: readonly SafetensorsTensor[],
  files: readonly CheckpointFile[],
): { tensors: ReadonlyMap<string, CheckpointTensor>; warnings: readonly Warning[] } {
  const specs = new Map(model.contract.map((spec) => [spec.aliases.huggingFace, spec]));
  const sources = new Map(files.map(({ name, source }) => [name, source]));
  const tensors = new Map<string, CheckpointTensor>();
  const warnings: Warning[] = [];
  for (const tensor of stored) {
    const spec = specs.get(tensor.name);
    const ignored = spec === undefined ? ignoredReason(tensor.name, model) : undefined;
    if (ignored !== undefined) {
      if (!warnings.some(({ code }) => code === ignored.code)) warnings.push(ignored);
      continue;
    }
    const source = sources.get(tensor.file);
    if (source === undefined) throw new Error(`${tensor.file} was not opened`);
    tensors.set(spec?.name ?? tensor.name, mapTensor(spec, tensor, source, model));
  }
  return { tensors, warnings };
}

/** Tensors that real checkpoints carry and that change nothing. */
function ignoredReason(name: string, model: ModelDescription): Warning | undefined {
  if (/^model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/.test(name)) {
    const message = 'stored rotary frequencies are ignored: they follow from the configuration';
    return { code: 'CHECKPOINT_ROTARY_BUFFER', message, tensor: name };
  }
  if (name === 'lm_head.weight' && model.hyperparameters.tiedOutput) {
    const message = 'lm_head.weight is ignored: the configuration ties the output to the embedding';
    return { code: 'CHECKPOINT_TIED_COPY', message, tensor: name };
  }
  return undefined;
}

function mapTensor(
  spec: TensorSpec | undefined,
  tensor: SafetensorsTensor,
  source: ByteSource,
  model: ModelDescription,
): CheckpointTensor {
  const name = spec?.name ?? tensor.name;
  if (spec !== undefined && !WEIGHT_TYPES.has(tensor.dtype)) {
    const shown = sanitizeText(tensor.name);
    throw checkpointError('CHECKPOINT_DTYPE', `tensor ${shown} is stored as ${tensor.dtype}`, { tensor: shown });
  }
  // A shape that no weight has (a scalar) still gets a row: the contract check names the tensor.
  const encoding = createEncoding(tensor.dtype, tensor.shape);
  const identity = { name, sourceName: tensor.name, shape: tensor.shape, encoding };
  const place = { source, offset: tensor.offset, scaleOffset: 0 };
  if (spec?.ropeRows !== true) return storedTensor(identity, place);
  return ropePermutedTensor(identity, place, model.hyperparameters.headDim);
}

async function readFacts(files: FileSet, config: JsonObject): Promise<CheckpointFacts> {
  const name = config.get('_name_or_path');
  const generation = await readJsonFile(files, 'generation_config.json');
  const eos = generation?.get('eos_token_id') ?? config.get('eos_token_id');
  const ids = (isJsonArray(eos) ? eos : [eos]).filter((id): id is number => Number.isSafeInteger(id));
  const chatTemplate = await readChatTemplate(files);
  return {
    ...(typeof name === 'string' && name.length > 0 ? { name } : {}),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    ...(ids.length === 0 ? {} : { endOfGeneration: ids }),
  };
}

/** The default template, from its own file or from tokenizer_config.json. */
async function readChatTemplate(files: FileSet): Promise<string | undefined> {
  const own = await readSmallFile(files, 'chat_template.jinja', MAX_CONFIG_BYTES);
  if (own !== undefined) return new TextDecoder('utf-8', { fatal: false }).decode(own);
  const template = (await readJsonFile(files, 'tokenizer_config.json'))?.get('chat_template');
  if (typeof template === 'string') return template;
  if (!isJsonArray(template)) return undefined;
  for (const entry of template) {
    const text = isJsonObject(entry) && entry.get('name') === 'default' ? entry.get('template') : undefined;
    if (typeof text === 'string') return text;
  }
  return undefined;
}
