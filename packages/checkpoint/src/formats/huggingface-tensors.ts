/** The tensors of a Hugging Face checkpoint, mapped onto the contract. */
import { createEncoding, type DTypeName, type MirustError, sameShape, sanitizeText, type Warning } from '@mirust/core';
import type { ModelDescription, TensorSpec } from '@mirust/model';
import type { SafetensorsTensor } from '@mirust/safetensors';
import type { CheckpointFile, CheckpointTensor } from '../checkpoint.ts';
import { checkpointError } from '../errors.ts';
import { MAX_LISTED_PROBLEMS, type MappedTensors } from '../problems.ts';
import { ropePermutedTensor, storedTensor, type TensorPlace } from '../rows.ts';

/** Types that a llama-family checkpoint may store its weights in. */
const WEIGHT_TYPES: ReadonlySet<DTypeName> = new Set<DTypeName>(['f32', 'f16', 'bf16']);

/** Mapped tensors, and what was noticed on the way. */
export interface MappedHuggingFace extends MappedTensors {
  readonly problems: readonly MirustError[];
  readonly warnings: readonly Warning[];
}

/** Maps names. `files` holds every file that a tensor names. */
export function mapHuggingFaceTensors(
  model: ModelDescription,
  stored: readonly SafetensorsTensor[],
  files: readonly CheckpointFile[],
): MappedHuggingFace {
  const specs = new Map(model.contract.map((spec) => [spec.aliases.huggingFace, spec]));
  const sources = new Map(files.map(({ name, source }) => [name, source]));
  const tensors = new Map<string, CheckpointTensor>();
  const strangers: string[] = [];
  const problems: MirustError[] = [];
  const warnings = new Map<string, Warning>();
  for (const tensor of stored) {
    const spec = specs.get(tensor.name);
    if (spec === undefined) {
      const ignored = ignoredReason(tensor.name, model);
      if (ignored === undefined) strangers.push(tensor.name);
      else if (!warnings.has(ignored.code)) warnings.set(ignored.code, ignored);
      continue;
    }
    const source = sources.get(tensor.file);
    if (source === undefined) throw new Error(`${tensor.file} was not opened`);
    if (!WEIGHT_TYPES.has(tensor.dtype) && problems.length < MAX_LISTED_PROBLEMS) problems.push(typeProblem(tensor));
    const place = { source, offset: tensor.offset, scaleOffset: 0 };
    tensors.set(spec.name, mapTensor(spec, tensor, place, model.hyperparameters.headDim));
  }
  return { tensors, strangers, problems, warnings: [...warnings.values()] };
}

/** Tensors that real checkpoints carry and that change nothing. */
function ignoredReason(name: string, model: ModelDescription): Warning | undefined {
  if (/^model\.layers\.\d{1,9}\.self_attn\.rotary_emb\.inv_freq$/.test(name)) {
    const message = 'stored rotary frequencies are ignored: they follow from the configuration';
    return { code: 'CHECKPOINT_ROTARY_BUFFER', message, tensor: name };
  }
  if (name === 'lm_head.weight' && model.hyperparameters.tiedOutput) {
    const message = 'lm_head.weight is ignored: the configuration ties the output to the embedding';
    return { code: 'CHECKPOINT_TIED_COPY', message, tensor: name };
  }
  return undefined;
}

function typeProblem({ name, dtype }: SafetensorsTensor): MirustError {
  const tensor = sanitizeText(name);
  return checkpointError('CHECKPOINT_DTYPE', `tensor ${tensor} is stored as ${dtype}`, { tensor });
}

function mapTensor(
  spec: TensorSpec,
  { name: sourceName, shape, dtype }: SafetensorsTensor,
  place: TensorPlace,
  headDim: number,
): CheckpointTensor {
  const identity = { name: spec.name, sourceName, shape, encoding: createEncoding(dtype, shape) };
  // A tensor of another shape is a problem already: taken for whole heads, it would be read past its end.
  const isPermuted = spec.ropeRows && sameShape(shape, spec.shape);
  return isPermuted ? ropePermutedTensor(identity, place, headDim) : storedTensor(identity, place);
}
