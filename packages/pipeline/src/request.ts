/** What a conversion is asked to do: what its plan and the containers' targets have in common. */
import type { Checkpoint } from '@mirust/checkpoint';
import type { TensorEncoding } from '@mirust/core';
import type { Recipe } from '@mirust/quant';
import type { SourceFile, ToolRecord } from '@mirust/schemas';

/** Containers that can be written. */
export type ArtifactFormat = 'slm1' | 'slm2';

/** How an SLM2 artifact lays out quantized matrices. */
export type RowLayout = 'rows' | 'interleaved';

/** What is to be converted, and how. */
export interface ConversionRequest {
  readonly checkpoint: Checkpoint;
  readonly recipe: Recipe;
  readonly format: ArtifactFormat;
  /**
   * `interleaved`: wherever a type allows it, rows lie as kernels read them, so that loading is one read; `rows`: one
   * behind the other. No value depends on it. Default interleaved for SLM2; SLM1 has rows alone.
   */
  readonly layout?: RowLayout;
  /** Recorded in the artifact: it may depend on the tool's version. */
  readonly tool: ToolRecord;
  /**
   * Digests of the source's files, recorded in the artifact. Default: those of the checkpoint's files, taken while it is
   * converted.
   */
  readonly sources?: readonly SourceFile[];
}

/** A request with placeholders for digests that are still to be taken. */
export interface PlannedRequest extends ConversionRequest {
  readonly sources: readonly SourceFile[];
}

/** How the source stores a tensor of the contract. */
export function storedEncoding(checkpoint: Checkpoint, name: string): TensorEncoding {
  const tensor = checkpoint.tensors.get(name);
  if (tensor === undefined) throw new RangeError(`the checkpoint has no tensor ${name}`);
  return tensor.encoding;
}

/** Whether the encodings are the same but for the layout: then a conversion moves bytes, and no value changes. */
export function sameEncoding(a: TensorEncoding, b: TensorEncoding): boolean {
  return a.dtype === b.dtype && a.blockSize === b.blockSize && a.scaleType === b.scaleType;
}
