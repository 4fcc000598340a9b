/** What is planned: the outline of a model and how its tensors are stored. */
import { type Checkpoint, encodingTable } from '@mirust/checkpoint';
import { createEncoding, type DTypeName, isMirustError, sanitizeText, type TensorEncoding } from '@mirust/core';
import { describeModel, type EncodingTable, type ModelDescription, readHuggingFaceConfig } from '@mirust/model';
import type { PlanReport } from '@mirust/schemas';
import type { CatalogueEntry } from './catalogue/entry.ts';
import { catalogueEntryOf, outlineOfEntry } from './catalogue/find.ts';
import type { MeasuredTokenizerKind, TokenizerContainer } from './host/index.ts';
import { outlineOfDescription } from './outline/description.ts';
import type { ModelOutline } from './outline/outline.ts';

/** See the module comment. */
export interface PlanInput {
  readonly outline: ModelOutline;
  /** By the names of the outline, complete. */
  readonly encodings: ReadonlyMap<string, TensorEncoding>;
  /** Where the encodings are from: a file with weights, or assumed for a configuration or an entry of the catalogue. */
  readonly source: PlanReport['model']['source'];
  /** As what the weights are planned, where that is not how they are stored. */
  readonly quantization?: string;
  /** See `CheckpointFacts.quantizationError`: of the weights as they are stored. */
  readonly quantizationError?: number;
  readonly notes?: readonly string[];
  /** About how the weights are stored: of no use once they are planned as something else. */
  readonly storedNotes?: readonly string[];
  /** What the model comes in, for what loading it takes. Default: that of its source, safetensors without weights. */
  readonly container?: TokenizerContainer;
  /** Default: as many tokens as the embedding has rows, of the kind that takes more. */
  readonly tokenizer?: { readonly tokens?: number; readonly kind?: MeasuredTokenizerKind };
}

/** The input for an open checkpoint, or for the model of an inventory. */
export function planInputOf(checkpoint: Pick<Checkpoint, 'model' | 'tensors'>): PlanInput {
  return planInputOfModel(checkpoint.model, encodingTable(checkpoint));
}

/** The input for a model that the runtime runs; encodings by canonical names, as the runtime has them. */
export function planInputOfModel(model: ModelDescription, encodings: EncodingTable): PlanInput {
  const byOutlineName = new Map(
    model.contract.map(({ name, aliases }) => {
      const encoding = encodings.get(name);
      if (encoding === undefined) throw new RangeError(`no encoding given for tensor ${name}`);
      return [aliases.gguf, encoding] as const;
    }),
  );
  return { outline: outlineOfDescription(model), encodings: byOutlineName, source: 'weights' };
}

/** The types that weights come in, by the names that config.json gives them (torch's) and our own. */
const WEIGHT_TYPES: ReadonlyMap<string, DTypeName> = new Map([
  ['float32', 'f32'],
  ['float', 'f32'],
  ['f32', 'f32'],
  ['float16', 'f16'],
  ['half', 'f16'],
  ['f16', 'f16'],
  ['bfloat16', 'bf16'],
  ['bf16', 'bf16'],
]);

/**
 * The input for a configuration without weights: every tensor in the type that the configuration names (`bfloat16`,
 * `torch.bfloat16`, or one of our names), f32 where it names none or one that weights do not come in. A note says which.
 */
export function planInputOfConfiguration(outline: ModelOutline, weightType: string | undefined): PlanInput {
  const named = weightType === undefined ? undefined : WEIGHT_TYPES.get(weightType.replace(/^torch\./, ''));
  const dtype: DTypeName = named ?? 'f32';
  const encodings = new Map(outline.tensors.map(({ name, shape }) => [name, createEncoding(dtype, shape)]));
  const reason =
    named !== undefined
      ? `as the configuration says (${weightType})`
      : weightType === undefined
        ? 'since the configuration names none'
        : `since "${sanitizeText(weightType)}" is no type of weights`;
  const storedNotes = [`the tensors are taken to be ${dtype}, ${reason}`];
  return { outline: asPublished(outline), encodings, source: 'configuration', storedNotes };
}

/** The input for an entry of the catalogue: bf16, as most are published, until it is planned as something else. */
export function planInputOfEntry(entry: CatalogueEntry): PlanInput {
  const outline = runnable(entry) ?? outlineOfEntry(entry);
  const encodings = new Map(outline.tensors.map(({ name, shape }) => [name, createEncoding('bf16', shape)]));
  const storedNotes = ['the tensors are taken to be bf16, as most models are published'];
  return { outline, encodings, source: 'catalogue', notes: [`sizes from: ${entry.source}`], storedNotes };
}

/** The outline with the runtime's program, where it has one: what the catalogue leaves out takes no memory. */
function runnable({ config, name }: CatalogueEntry): ModelOutline | undefined {
  try {
    const { architecture, hyperparameters } = readHuggingFaceConfig(config);
    return { ...outlineOfDescription(describeModel(architecture, hyperparameters)), name };
  } catch (error) {
    if (isMirustError(error) && error.class === 'unsupported') return undefined;
    throw error;
  }
}

/** With what the catalogue knows about a published model of these very sizes. */
function asPublished(outline: ModelOutline): ModelOutline {
  const storedTwiceElements = catalogueEntryOf(outline)?.storedTwiceElements;
  return storedTwiceElements === undefined ? outline : { ...outline, storedTwiceElements };
}
