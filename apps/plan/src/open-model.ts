/** What a user names, as what is planned: a file, a URL, a name on the Hub, or one of the catalogue. */
import { stat } from 'node:fs/promises';
import type { Inventory } from '@mirust/checkpoint';
import type { CommandContext } from '@mirust/cli';
import { coreError, sanitizeText } from '@mirust/core';
import {
  findModel,
  type ModelOutline,
  nearModelNames,
  outlineOfConfig,
  outlineOfDescription,
  outlineOfMetadata,
  outlineOfTensors,
  type PlanInput,
  planInputOf,
  planInputOfConfiguration,
  planInputOfEntry,
} from '@mirust/planner';
import { type InputContent, openInput } from './open-input.ts';

/** Whether a name stands for a path: it is no address, and none of the catalogue. */
export function isPath(model: string): boolean {
  return !isAddress(model) && findModel(model) === undefined;
}

function isAddress(model: string): boolean {
  return /^(hf:|https?:)/i.test(model);
}

/** Opens it, headers only. Throws what `openInput` throws; for what is no file, names of the catalogue that are near. */
export async function openModel(model: string, { signal }: Pick<CommandContext, 'signal'>): Promise<PlanInput> {
  if (!isAddress(model) && !(await exists(model))) {
    const entry = findModel(model);
    if (entry !== undefined) return planInputOfEntry(entry);
    throw nothingNamed(model);
  }
  const input = await openInput(model, { signal, environment: process.env });
  try {
    return planInputOfContent(input.content);
  } finally {
    await input.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    // What cannot be looked at is there: opening it says why.
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );
}

function nothingNamed(model: string): Error {
  const shown = sanitizeText(model);
  const near = nearModelNames(model);
  const remedy =
    near.length === 0 ? 'mirust-plan models lists the catalogue.' : `The catalogue has ${near.join(', ')}.`;
  return coreError('SOURCE_NOT_FOUND', `${shown} does not exist, and is no name of the catalogue`, {
    file: shown,
    remedy,
  });
}

function planInputOfContent(content: InputContent): PlanInput {
  if (content.kind === 'configuration') {
    const { model, config, weightType, refusal } = content.configuration;
    const outline = model === undefined ? outlineOfConfig(config) : outlineOfDescription(model);
    if (outline === undefined) throw refusal;
    return planInputOfConfiguration(outline, weightType);
  }
  const { inventory } = content;
  const { tokenizerTokens: tokens, metadata } = inventory;
  const model = metadata?.get('tokenizer.ggml.model');
  const isSentencePiece = model?.type === 'string' && model.value === 'llama';
  const facts: Pick<PlanInput, 'container' | 'tokenizer'> = {
    container: CONTAINERS[inventory.format],
    tokenizer: {
      ...(tokens === undefined ? {} : { tokens }),
      ...(isSentencePiece ? { kind: 'sentencepiece-bpe' } : {}),
    },
  };
  if (content.kind === 'checkpoint') {
    const { name, quantizationError } = content.checkpoint.facts ?? {};
    const input = planInputOf(content.checkpoint);
    const outline = name === undefined ? input.outline : { ...input.outline, name };
    return { ...input, ...facts, outline, ...(quantizationError === undefined ? {} : { quantizationError }) };
  }
  const outline = outlineOfInventory(inventory);
  const encodings = new Map(inventory.tensors.map(({ name, encoding }) => [name, encoding]));
  return { outline, encodings, source: 'weights', ...facts };
}

/** What loading costs goes by how a file stores its tokenizer; those without one read it as an SLM2 does. */
const CONTAINERS = { slm1: 'slm2', slm2: 'slm2', gguf: 'gguf', huggingface: 'huggingface', llama2c: 'slm2' } as const;

/** The tensors that a file lists; the cache where the architecture is known. */
function outlineOfInventory({ metadata, config, tensors }: Inventory): ModelOutline {
  if (metadata !== undefined) return outlineOfMetadata(metadata, tensors);
  const named = config?.get('model_type');
  const listed = outlineOfTensors(typeof named === 'string' ? named : 'unknown', tensors);
  const known = config === undefined ? undefined : outlineOfConfig(config);
  if (known === undefined) return listed;
  const { tensors: _tensors, name: _name, ...cache } = known;
  return { ...cache, tensors: listed.tensors };
}
