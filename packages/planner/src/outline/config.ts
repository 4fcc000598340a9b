/** The outline of a Hugging Face configuration, for every family that is known. */
import { elementCount } from '@mirust/core';
import {
  type FieldTable,
  modelError,
  optionalBoolean,
  optionalList,
  optionalString,
  optionalTable,
} from '@mirust/model';
import type { OutlineFamily } from './families/family.ts';
import { FAMILIES } from './families/index.ts';
import type { ModelOutline } from './outline.ts';
import { cacheOf, checkOutlineParameters, type OutlineParameters } from './parameters.ts';

/** In any type of at most 8 bytes per value, a model of this many elements has a size that a double holds exactly. */
const MAX_ELEMENTS = 2 ** 50;

interface Reading {
  readonly family: OutlineFamily;
  readonly parameters: OutlineParameters;
  readonly isTextPart: boolean;
}

/**
 * The parameters of a parsed config.json (objects as Maps); undefined where its family or variant is not known. Of a
 * Gemma 3 with vision they are those of its text model. Throws `MODEL_FIELD_MISSING`, `MODEL_FIELD_TYPE`,
 * `MODEL_FIELD_RANGE`, and `MODEL_FEATURE` for a kind of layer that the family does not have.
 */
export function readOutlineConfig(config: FieldTable): OutlineParameters | undefined {
  return read(config)?.parameters;
}

/** The outline of a parsed config.json; undefined and errors as for {@link readOutlineConfig}. */
export function outlineOfConfig(config: FieldTable): ModelOutline | undefined {
  const found = read(config);
  if (found === undefined) return undefined;
  const { family, parameters: p, isTextPart } = found;
  const tensors = [...family.outside(p)];
  for (let layer = 0; layer < p.layerCount; layer++) tensors.push(...family.layer(p, layer));
  const elements = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  if (elements > MAX_ELEMENTS) {
    const context = { actual: elements, expected: `at most ${MAX_ELEMENTS}` };
    throw modelError('MODEL_FIELD_RANGE', `the model has ${elements} elements, more than any can have`, context);
  }
  return {
    architecture: p.architecture,
    tensors,
    cache: cacheOf(p),
    attention: { headCount: p.headCount, headDim: p.keyDim },
    ...(p.maxContext === undefined ? {} : { maxContext: p.maxContext }),
    ...(isTextPart ? { part: 'text' as const } : {}),
  };
}

function read(config: FieldTable): Reading | undefined {
  const text = textPart(config);
  const family = familyOf(text ?? config);
  const parameters = family?.read(text ?? config);
  if (family === undefined || parameters === undefined) return undefined;
  checkOutlineParameters(parameters);
  return { family, parameters, isTextPart: text !== undefined };
}

/** The family that a configuration names: by its `model_type` and, where it says one, the class with the head. */
function familyOf(config: FieldTable): OutlineFamily | undefined {
  const modelType = optionalString(config, 'model_type');
  const className = optionalList(config, 'architectures')?.[0];
  if (modelType === undefined && className === undefined) return undefined;
  // A remark may stand behind the name of the class: `Gemma3ForCausalLM(text part)`.
  const name = typeof className === 'string' ? /^\w*/.exec(className)?.[0] : className;
  return FAMILIES.find(
    (family) =>
      (modelType === undefined || family.modelType === modelType) && (name === undefined || family.className === name),
  );
}

/** The configuration of the text model in one of Gemma 3 with vision; undefined for any other. */
function textPart(config: FieldTable): FieldTable | undefined {
  if (optionalString(config, 'model_type') !== 'gemma3') return undefined;
  const text = optionalTable(config, 'text_config');
  if (text === undefined) return undefined;
  const isTied = optionalBoolean(text, 'tie_word_embeddings') ?? optionalBoolean(config, 'tie_word_embeddings') ?? true;
  const own = [...text].filter(([key]) => key !== 'architectures');
  return new Map<string, unknown>([['model_type', 'gemma3_text'], ...own, ['tie_word_embeddings', isTied]]);
}
