/**
 * A Hugging Face directory: config.json, model.safetensors or its shards with an index, tokenizer files. Rows of the
 * q and k projections are kept as halves there and are handed out as pairs.
 */
import {
  type ByteSource,
  createEncoding,
  decodeUtf8,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type ReadOptions,
  type Warning,
} from '@mirust/core';
import { describeModel, type ModelDescription, readHuggingFaceConfig } from '@mirust/model';
import {
  MAX_SAFETENSORS_INDEX_BYTES,
  openSharded,
  readSafetensors,
  readSafetensorsIndex,
  type SafetensorsTensor,
} from '@mirust/safetensors';
import { closeAfterError } from '../_close.ts';
import type { CheckpointFile } from '../checkpoint.ts';
import type { RawFacts } from '../facts.ts';
import { type FileSet, hasFile, missingFile, readSmallFile } from '../file-set.ts';
import { MAX_CONFIG_BYTES, MAX_TOKENIZER_CONFIG_BYTES, readJsonFile } from '../json-file.ts';
import { readModelCard } from '../model-card.ts';
import type { OpenedHeaders, OpenedModel } from '../opened.ts';
import { readHuggingFaceTokenizer } from '../tokenizers.ts';
import { findParts, type HuggingFaceParts } from './huggingface-parts.ts';
import { mapHuggingFaceTensors } from './huggingface-tensors.ts';

const CONFIG = 'config.json';

/**
 * Reads the headers of a Hugging Face checkpoint. `format` is that of the primary file. The tables come before the
 * configuration, so that a damaged file is called damaged, whatever else is missing. Throws `CHECKPOINT_INCOMPLETE`,
 * `CHECKPOINT_PICKLE`, `CHECKPOINT_FORMAT`, `CHECKPOINT_TOO_LARGE`, and what the readers throw.
 */
export async function openHuggingFace(
  files: FileSet,
  format: 'safetensors' | 'json' | undefined,
  options: ReadOptions = {},
): Promise<OpenedHeaders> {
  const parts = await findParts(files, format, options);
  const opened: CheckpointFile[] = [];
  try {
    const table = await readTables(files, parts, opened, options);
    const config = parts.config ?? (await readJsonFile(files, CONFIG, MAX_CONFIG_BYTES, options));
    const warnings = [...parts.warnings, ...table.warnings];
    return {
      format: 'huggingface',
      files: opened,
      tensors: table.tensors.map(({ name, shape, dtype, byteLength, file }) => {
        return { name, shape, encoding: createEncoding(dtype, shape), byteLength, file };
      }),
      warnings,
      ...(config === undefined ? {} : { config }),
      describe: () => {
        if (config === undefined) throw missingFile(CONFIG);
        const described = describeHuggingFace(files, config, table.tensors, opened);
        return { ...described, warnings: [...warnings, ...described.warnings] };
      },
    };
  } catch (error) {
    await closeAfterError(opened.map(({ source }) => source));
    throw error;
  }
}

function describeHuggingFace(
  files: FileSet,
  config: JsonObject,
  stored: readonly SafetensorsTensor[],
  opened: readonly CheckpointFile[],
): OpenedModel {
  const model = describeConfig(config);
  return {
    format: 'huggingface',
    files: opened,
    model,
    ...mapHuggingFaceTensors(model, stored, opened),
    readFacts: (readOptions = {}) => readFacts(files, config, readOptions),
    rootDigest: undefined,
    verify: async () => {},
    readTokenizer: (readOptions) => readHuggingFaceTokenizer(files, readOptions),
  };
}

/** The model that a parsed config.json describes. */
export function describeConfig(config: JsonObject): ModelDescription {
  const { architecture, hyperparameters } = readHuggingFaceConfig(config);
  return describeModel(architecture, hyperparameters);
}

/** The tensor tables of the single file or of all shards. `opened` gets the files, which are the caller's then. */
async function readTables(
  files: FileSet,
  { weights: { kind, name } }: HuggingFaceParts,
  opened: CheckpointFile[],
  { signal }: ReadOptions,
): Promise<{ readonly tensors: readonly SafetensorsTensor[]; readonly warnings: readonly Warning[] }> {
  const options = signal === undefined ? {} : { signal };
  const open = async (file: string): Promise<ByteSource> => {
    if (!(await hasFile(files, file))) throw missingFile(file);
    return files.open(file);
  };
  if (kind === 'single') {
    const source = await open(name);
    opened.push({ name, source });
    return readSafetensors(source, { ...options, file: name });
  }
  const index = await readSmallFile(files, name, MAX_SAFETENSORS_INDEX_BYTES, options);
  if (index === undefined) throw missingFile(name);
  // Where this fails, it has closed what it opened.
  const sharded = await openSharded(readSafetensorsIndex(index), open, options);
  for (const [file, { source }] of sharded.shards) opened.push({ name: file, source });
  return sharded;
}

async function readFacts(files: FileSet, config: JsonObject, options: ReadOptions): Promise<RawFacts> {
  const name = config.get('_name_or_path');
  const generation = await readJsonFile(files, 'generation_config.json', MAX_CONFIG_BYTES, options);
  const end = generation?.get('eos_token_id') ?? config.get('eos_token_id') ?? [];
  return {
    // A path of the machine that trained the model is no name.
    name: typeof name === 'string' && !/^[./~\\]|^[A-Za-z]:/.test(name) ? name : undefined,
    ...(await readModelCard(files, options)),
    chatTemplate: await readChatTemplate(files, options),
    endOfGeneration: isJsonArray(end) ? end : [end],
  };
}

/** The default template, from its own file or from tokenizer_config.json. */
async function readChatTemplate(files: FileSet, options: ReadOptions): Promise<string | undefined> {
  const file = 'chat_template.jinja';
  const own = await readSmallFile(files, file, MAX_CONFIG_BYTES, options);
  if (own !== undefined) return decodeUtf8(own, file);
  const config = await readJsonFile(files, 'tokenizer_config.json', MAX_TOKENIZER_CONFIG_BYTES, options);
  const template = config?.get('chat_template');
  if (typeof template === 'string') return template;
  if (!isJsonArray(template)) return undefined;
  for (const entry of template) {
    const text = isJsonObject(entry) && entry.get('name') === 'default' ? entry.get('template') : undefined;
    if (typeof text === 'string') return text;
  }
  return undefined;
}
