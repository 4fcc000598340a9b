/**
 * The types that llama-quantize gives to the tensors of a model, tensor by tensor, for a file type. The rules are its
 * own (`_mix-rules.ts` has them and their source); they go by GGUF names and shapes, not by values, so that the sizes
 * follow exactly, and before anything is downloaded.
 *
 * The plan is for quantization without an importance matrix, except for file types that llama-quantize refuses to write
 * without one (`file-types.ts`). With and without differ in Q4_0 and Q5_0 (with a matrix the first eighth of ffn_down
 * is Q4_1, Q5_1), in IQ4_XS and IQ4_NL (without one the first eighth of ffn_down is Q5_K) and in IQ3_XXS (without one,
 * which only dry runs show, attn_v and ffn_down have more bits).
 */
import {
  createEncoding,
  type DTypeName,
  dtypeInfo,
  rowLength,
  type Shape,
  sanitizeText,
  type TensorEncoding,
} from '@mirust/core';
import type { ModelOutline, OutlineTensor } from '../outline/outline.ts';
import { layerOf, type MixModel, mixModel } from './_mix-model.ts';
import { chooseType, type MixPlace, mixRules } from './_mix-rules.ts';
import { quantizability, type TensorKind, tensorKind } from './_tensor-kinds.ts';
import { type FileTypeName, fileTypeInfo, findFileType } from './file-types.ts';

/** What {@link mixEncodings} takes beside the model. */
export interface MixOptions {
  /** How the source stores its tensors: those few that are kept in its type (see there) then keep it. */
  readonly storedEncodings?: ReadonlyMap<string, TensorEncoding>;
  /** Default: only where the file type requires one. */
  readonly importanceMatrix?: boolean;
}

/**
 * The encoding of every tensor of an outline, by its name, as llama-quantize makes them for a file type.
 *
 * Kept in f32 are vectors, biases, norms, routers and positions. A few more matrices are not quantized: they keep a
 * plain float type of the source, and have f16 where that is not known. A type whose blocks do not divide the rows
 * gives way to one of blocks of 32, or to f16. llama-quantize itself knows no way out for Q1_0 and refuses.
 *
 * The rules know GGUF's names. In an outline with other names every matrix has the base type.
 * Throws RangeError for a name that is no file type.
 */
export function mixEncodings(
  outline: ModelOutline,
  name: string,
  options: MixOptions = {},
): ReadonlyMap<string, TensorEncoding> {
  const fileType = findFileType(name);
  if (fileType === undefined) throw new RangeError(`"${sanitizeText(name)}" is no file type of llama.cpp`);
  const { importanceMatrix = fileTypeInfo(fileType).importanceMatrix === 'required', storedEncodings } = options;
  const model = mixModel(outline);
  const positions = countKinds(outline.tensors);
  const encodings = outline.tensors.map((tensor): [string, TensorEncoding] => {
    const dtype = typeOf(tensor, fileType, storedEncodings?.get(tensor.name), () =>
      quantizedType(tensor, fileType, model, { importanceMatrix, positions }),
    );
    return [tensor.name, createEncoding(dtype, tensor.shape)];
  });
  return new Map(encodings);
}

function typeOf(
  tensor: OutlineTensor,
  fileType: FileTypeName,
  stored: TensorEncoding | undefined,
  quantized: () => DTypeName,
): DTypeName {
  const { dtype: base } = fileTypeInfo(fileType);
  switch (quantizability(tensor)) {
    case 'f32':
      return 'f32';
    case 'as-converted':
      return [stored?.dtype, base].find((dtype) => dtype === 'f32' || dtype === 'f16' || dtype === 'bf16') ?? 'f16';
    case 'quantized':
      return dtypeInfo(base).kind === 'float' ? base : fitting(quantized(), tensor.shape);
  }
}

/** Positions of tensors among the quantized ones of their kind, and how many tensors hold values of attention. */
interface KindPositions {
  readonly of: ReadonlyMap<OutlineTensor, number>;
  readonly valueCount: number;
}

/** llama.cpp goes through the tensors by layer and, within a layer, by name. */
function countKinds(tensors: readonly OutlineTensor[]): KindPositions {
  const layers = new Map(tensors.map((tensor) => [tensor, layerOf(tensor.name) ?? -1]));
  const sorted = [...tensors].sort(
    (a, b) => (layers.get(a) ?? 0) - (layers.get(b) ?? 0) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const of = new Map<OutlineTensor, number>();
  const counts = new Map<TensorKind, number>();
  for (const tensor of sorted) {
    if (quantizability(tensor) !== 'quantized') continue;
    const kind = tensorKind(tensor.name);
    const position = counts.get(kind) ?? 0;
    of.set(tensor, position);
    counts.set(kind, position + 1);
  }
  return { of, valueCount: tensors.filter(({ name }) => tensorKind(name) === 'attn_v').length };
}

function quantizedType(
  tensor: OutlineTensor,
  fileType: FileTypeName,
  model: MixModel,
  state: { readonly importanceMatrix: boolean; readonly positions: KindPositions },
): DTypeName {
  const { dtype: base } = fileTypeInfo(fileType);
  const rules = mixRules(fileType);
  const kind = tensorKind(tensor.name);
  if (kind === 'output' || (kind === 'token_embd' && !model.hasOutput)) {
    const divides = rowLength(tensor.shape) % dtypeInfo(base).blockElements === 0;
    return model.architecture === 'falcon' || !divides ? 'Q8_0' : (rules.output ?? 'Q6_K');
  }
  if (fileType === 'MXFP4_MOE') return isExpertStack(tensor.shape, kind, model) ? base : 'Q8_0';
  if (kind === 'other') return base;
  const chosen = chooseType(rules[kind], placeOf(tensor, kind, model, state, rules.isLowBit)) ?? base;
  const isScarce = chosen === 'Q3_K' || chosen === 'Q4_K';
  return kind === 'attn_v' && model.isSeventyBillion && isScarce && !rules.isLowBit ? 'Q5_K' : chosen;
}

/** Any tensor of rank 3 counts as one, those of latent attention, too, but in one architecture. */
function isExpertStack(shape: Shape, kind: TensorKind, { architecture }: MixModel): boolean {
  return (shape.at(-3) ?? 1) > 1 && (architecture !== 'bailingmoe3' || kind.startsWith('ffn_'));
}

function placeOf(
  tensor: OutlineTensor,
  kind: TensorKind,
  model: MixModel,
  { importanceMatrix, positions }: { readonly importanceMatrix: boolean; readonly positions: KindPositions },
  isLowBit: boolean | undefined,
): MixPlace {
  const { architecture, groupSize, expertCount, layerCount } = model;
  const counted = positions.of.get(tensor) ?? 0;
  const common = { architecture, groupSize, expertCount, importanceMatrix };
  if (kind === 'attn_v') return { ...common, position: counted, positionCount: positions.valueCount };
  // Of experts there can be several tensors in a layer.
  const position = expertCount > 1 && !isLowBit ? (layerOf(tensor.name) ?? counted) : counted;
  return { ...common, position, positionCount: layerCount };
}

/** What takes the place of a type in blocks of 64 and 256 that do not divide the rows. */
const FALLBACKS: { readonly [Name in DTypeName]?: DTypeName } = {
  IQ1_S: 'IQ4_NL',
  IQ1_M: 'IQ4_NL',
  IQ2_XXS: 'IQ4_NL',
  IQ2_XS: 'IQ4_NL',
  IQ2_S: 'IQ4_NL',
  IQ3_XXS: 'IQ4_NL',
  IQ3_S: 'IQ4_NL',
  IQ4_XS: 'IQ4_NL',
  TQ1_0: 'Q4_0',
  TQ2_0: 'Q4_0',
  Q2_0: 'Q4_0',
  Q2_K: 'Q4_0',
  Q3_K: 'Q4_0',
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
};

function fitting(dtype: DTypeName, shape: Shape): DTypeName {
  const divides = (name: DTypeName): boolean => rowLength(shape) % dtypeInfo(name).blockElements === 0;
  return [dtype, FALLBACKS[dtype]].find((name) => name !== undefined && divides(name)) ?? 'f16';
}
