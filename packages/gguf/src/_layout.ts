/** Checks that the tensors cover the data: in the file, no overlap, no gap beyond alignment. */
import { alignUp, checkedAdd, sanitizeText, type Warning } from '@mirust/core';
import type { TensorEntry } from './_tensor-entry.ts';
import { ggufError } from './errors.ts';
import type { GgufTensor } from './file.ts';

/** Where the data lie. */
export interface DataRegion {
  readonly dataOffset: number;
  readonly alignment: number;
  /** Length of the file; absent where the data are not expected to be there. */
  readonly fileByteLength?: number;
}

/** A laid-out tensor with the place of its row, for errors. */
interface Placed {
  readonly tensor: GgufTensor;
  readonly entryOffset: number;
}

/** The tensors with absolute offsets, in table order, and what is odd about their layout. */
export function layOutTensors(
  entries: readonly TensorEntry[],
  region: DataRegion,
): { tensors: GgufTensor[]; warnings: Warning[] } {
  const placed = entries.map((entry) => place(entry, region));
  const ordered = [...placed].sort((a, b) => a.tensor.offset - b.tensor.offset);
  const warnings: Warning[] = [];
  let end = region.dataOffset;
  let before = 'the start of the data';
  for (const { tensor, entryOffset } of ordered) {
    const shown = sanitizeText(tensor.name);
    const context = { offset: entryOffset, tensor: shown, actual: tensor.offset };
    if (tensor.offset < end) {
      const message = `tensor "${shown}" starts at ${tensor.offset}, inside ${before}, which ends at ${end}`;
      throw ggufError('GGUF_TENSOR_OVERLAP', message, { ...context, expected: end });
    }
    const expected = alignUp(end, region.alignment);
    if (tensor.offset > expected) {
      const message = `tensor "${shown}" starts at ${tensor.offset}, ${tensor.offset - expected} bytes behind the end of ${before}`;
      throw ggufError('GGUF_TENSOR_GAP', message, { ...context, expected });
    }
    end = checkedAdd(tensor.offset, tensor.byteLength, 'end of a tensor', context);
    before = `tensor "${shown}"`;
  }
  const moved = ordered.findIndex((one, index) => one !== placed[index]);
  if (moved !== -1) {
    const first = placed[moved] as Placed;
    const message = `the tensor table is not in the order of the data, from tensor "${sanitizeText(first.tensor.name)}" on`;
    warnings.push({ code: 'GGUF_TENSOR_ORDER', message, offset: first.entryOffset });
  }
  const paddedEnd = alignUp(end, region.alignment);
  const trailing = (region.fileByteLength ?? 0) - paddedEnd;
  if (trailing > 0) {
    const message = `${trailing} bytes follow the last tensor and its padding`;
    warnings.push({ code: 'GGUF_TRAILING_BYTES', message, offset: paddedEnd });
  }
  return { tensors: placed.map(({ tensor }) => tensor), warnings };
}

function place(entry: TensorEntry, region: DataRegion): Placed {
  const { name, dtype, shape, byteLength, entryOffset } = entry;
  const shown = sanitizeText(name);
  const context = { offset: entryOffset, tensor: shown };
  const offset = checkedAdd(region.dataOffset, entry.relativeOffset, `the offset of tensor "${shown}"`, context);
  const end = checkedAdd(offset, byteLength, `the end of tensor "${shown}"`, context);
  if (region.fileByteLength !== undefined && end > region.fileByteLength) {
    throw ggufError('GGUF_TENSOR_OUTSIDE', `tensor "${shown}" ends at ${end}, the file at ${region.fileByteLength}`, {
      ...context,
      actual: end,
      limit: region.fileByteLength,
    });
  }
  return { tensor: { name, dtype, shape, offset, byteLength }, entryOffset };
}
