/** Every offset of an SLM1 file and its whole length, before a byte of it exists. */
import { alignUp, checkedAdd, createEncoding, formatEncoding, type Shape, type TensorEncoding } from '@mirust/core';
import type { HyperparameterRecord } from '@mirust/schemas';
import { placeTensors } from '../_place.ts';
import { slmError } from '../errors.ts';
import { checkDescription } from '../tensor.ts';
import {
  SLM1_ALIGNMENT,
  SLM1_ENTRY_BYTES,
  SLM1_HEADER_BYTES,
  SLM1_MIN_SPECIALS,
  type Slm1Header,
  type Slm1Tensor,
} from './format.ts';
import { headerProblem } from './header.ts';
import { slm1NameHash, slm1TensorShapes } from './tensors.ts';
import { checkSlm1Tokenizer, SLM1_TOKENIZER_PREFIX_BYTES } from './tokenizer-section.ts';

/** What an SLM1 file is to hold. */
export interface Slm1Description {
  readonly hyperparameters: HyperparameterRecord;
  /** A BTOK or BPE1 section. */
  readonly tokenizerBytes: Uint8Array;
  /** Default 4: BOS, EOS, PAD, UNK. */
  readonly specialTokenCount?: number;
  /** Encoding of a tensor: f32, or q8 or q4 with f32 scales, row-major. Default f32. */
  readonly encoding?: (name: string, shape: Shape) => TensorEncoding;
}

/** The file, laid out. The header's checksum is 0 until the file is written. */
export interface Slm1Layout {
  readonly byteLength: number;
  readonly header: Slm1Header;
  readonly tokenizerBytes: Uint8Array;
  /** In the order of `slm1TensorShapes`, which is the order of the directory and of the data. */
  readonly tensors: readonly Slm1Tensor[];
  readonly tensorsByName: ReadonlyMap<string, Slm1Tensor>;
  readonly parameterCount: number;
}

/**
 * Lays a file out. Throws `SLM1_CANNOT_HOLD` for a model that SLM1 cannot hold exactly, naming what it cannot hold;
 * the tokenizer codes for a section that does not fit the model; RangeError for an encoding not in its normal form;
 * `BLOCK_MISMATCH` for one that does not fit its rows.
 */
export function layoutSlm1(description: Slm1Description): Slm1Layout {
  const { tokenizerBytes, specialTokenCount = SLM1_MIN_SPECIALS } = description;
  const hyperparameters = holdable(description.hyperparameters, specialTokenCount);
  const prefix = tokenizerBytes.subarray(0, SLM1_TOKENIZER_PREFIX_BYTES);
  checkSlm1Tokenizer(prefix, tokenizerBytes.byteLength, hyperparameters.vocabSize, SLM1_HEADER_BYTES);
  const described = slm1TensorShapes(hyperparameters).map(({ name, shape }) => {
    const encoding = description.encoding?.(name, shape) ?? createEncoding('f32', shape);
    const stored = encoding.dtype === 'f32' || encoding.dtype === 'q8' || encoding.dtype === 'q4';
    if (!stored || encoding.scaleType !== 'f32' || encoding.layout === 'interleaved') {
      const message = `SLM1 cannot store ${name} as ${formatEncoding(encoding)}`;
      throw slmError('SLM1_CANNOT_HOLD', message, { tensor: name, actual: formatEncoding(encoding) });
    }
    checkDescription({ name, encoding, shape });
    return { name, encoding, shape };
  });
  const tokenizerEnd = checkedAdd(SLM1_HEADER_BYTES, tokenizerBytes.byteLength, 'tokenizer section');
  const directoryOffset = alignUp(tokenizerEnd, SLM1_ALIGNMENT);
  const dataOffset = alignUp(directoryOffset + described.length * SLM1_ENTRY_BYTES, SLM1_ALIGNMENT);
  const { tensors: placed, end } = placeTensors(described, dataOffset);
  const tensors = placed.map((tensor) => ({ ...tensor, hash: slm1NameHash(tensor.name) }));
  return {
    byteLength: end,
    header: {
      headerByteLength: SLM1_HEADER_BYTES,
      hyperparameters,
      specialTokenCount,
      tokenizerOffset: SLM1_HEADER_BYTES,
      tokenizerByteLength: tokenizerBytes.byteLength,
      directoryOffset,
      tensorCount: tensors.length,
      dataOffset,
      checksum: 0n,
    },
    tokenizerBytes,
    tensors,
    tensorsByName: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    parameterCount: tensors.reduce((sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1), 0),
  };
}

/** The hyperparameters as the header will store them, or `SLM1_CANNOT_HOLD`. */
function holdable(h: HyperparameterRecord, specialTokenCount: number): HyperparameterRecord {
  const refuse = (key: string, message: string): Error => slmError('SLM1_CANNOT_HOLD', message, { key });
  if (h.ropeScaling !== undefined) {
    throw refuse('ropeScaling', `SLM1 has no field for rope scaling (${h.ropeScaling.type})`);
  }
  if (h.slidingWindow !== undefined) {
    throw refuse('slidingWindow', `SLM1 has no field for a sliding window (${h.slidingWindow} positions)`);
  }
  const stored = { ...h, ropeTheta: Math.fround(h.ropeTheta), rmsNormEpsilon: Math.fround(h.rmsNormEpsilon) };
  const problem = headerProblem(stored, specialTokenCount);
  if (problem !== undefined) throw refuse(problem.key, `SLM1 cannot hold this model: ${problem.message}`);
  return stored;
}
