/**
 * The tensor contract: which tensors a model has, and the shape of each. Names are the project's own canonical ones
 * (those that SLM1 hashes); `aliases` maps them to the names of other formats.
 */
import { elementCount, formatShape, type Shape, sameShape, sanitizeText } from '@mirust/core';
import { modelError } from './errors.ts';

/** What a tensor is for; policies (what to quantize) go by it. */
export type TensorRole = 'embedding' | 'output' | 'matrix' | 'norm' | 'rope-factors';

/** One tensor of the contract. */
export interface TensorSpec {
  /** Canonical name, e.g. `layers.0.wq.weight`. */
  readonly name: string;
  /** Row-major, [out, in]. */
  readonly shape: Shape;
  readonly role: TensorRole;
  /** Names of this tensor in other formats. */
  readonly aliases: { readonly huggingFace: string | undefined; readonly gguf: string };
  /** wq and wk: rows whose order differs between Hugging Face and us; see `huggingFaceRopeRow`. */
  readonly ropeRows: boolean;
}

/** Elements of all tensors of a contract. */
export function parameterCount(contract: readonly TensorSpec[]): number {
  return contract.reduce((sum, spec) => sum + elementCount(spec.shape), 0);
}

/**
 * Checks a table of tensors against the contract: nothing missing, nothing unknown, every shape right.
 * Throws `MODEL_TENSOR_MISSING`, `MODEL_TENSOR_UNKNOWN` or `MODEL_TENSOR_SHAPE`, naming the tensor.
 */
export function checkTensors(contract: readonly TensorSpec[], tensors: ReadonlyMap<string, Shape>): void {
  for (const problem of contractProblems(contract, tensors)) {
    throw modelError(problem.code, problem.message, { tensor: sanitizeText(problem.tensor) });
  }
}

/** One way in which a table of tensors breaks the contract. */
export interface ContractProblem {
  readonly code: 'MODEL_TENSOR_MISSING' | 'MODEL_TENSOR_UNKNOWN' | 'MODEL_TENSOR_SHAPE';
  readonly tensor: string;
  readonly message: string;
}

/** All problems, in contract order, unknown tensors last. `checkTensors` throws the first; the gate lists them all. */
export function contractProblems(
  contract: readonly TensorSpec[],
  tensors: ReadonlyMap<string, Shape>,
): ContractProblem[] {
  const problems: ContractProblem[] = [];
  const known = new Set<string>();
  for (const { name, shape } of contract) {
    known.add(name);
    const actual = tensors.get(name);
    if (actual === undefined) {
      problems.push({ code: 'MODEL_TENSOR_MISSING', tensor: name, message: `tensor ${name} is missing` });
    } else if (!sameShape(actual, shape)) {
      const message = `tensor ${name} has shape ${formatShape(actual)}, expected ${formatShape(shape)}`;
      problems.push({ code: 'MODEL_TENSOR_SHAPE', tensor: name, message });
    }
  }
  for (const name of tensors.keys()) {
    if (known.has(name)) continue;
    const message = `tensor ${sanitizeText(name)} has no place in this architecture`;
    problems.push({ code: 'MODEL_TENSOR_UNKNOWN', tensor: name, message });
  }
  return problems;
}
