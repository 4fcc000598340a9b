/**
 * Writes a GGUF file. The layout comes first, so that tensors may be written in any order, in parts, and at the same
 * time; the same description and bytes give the same file. `read.ts` has the format.
 */
import type { ByteSink } from '@mirust/core';
import type { GgufLayout } from './write-layout.ts';

/** Writes one file. Lifetime: from creation to `finish`; the caller commits or aborts the sink. */
export interface GgufWriter {
  /**
   * Writes a part of a tensor, `offset` bytes from its start. Any order, any size, concurrent calls allowed; the bytes
   * are the caller's again once the promise is settled. Throws RangeError for an unknown tensor or a part outside it,
   * and what the sink throws.
   */
  writeTensor(name: string, offset: number, bytes: Uint8Array): Promise<void>;
  /**
   * Writes the header: last, so that what a broken run leaves is no GGUF. Throws Error unless every byte of every tensor
   * was written exactly once and no part failed or is still under way. Does not commit the sink.
   */
  finish(): Promise<void>;
}

/** A written part of a tensor. */
interface Part {
  readonly start: number;
  readonly end: number;
}

/** Starts writing. Throws RangeError unless the sink has exactly the layout's length. */
export function createGgufWriter(layout: GgufLayout, sink: ByteSink): GgufWriter {
  if (sink.byteLength !== layout.byteLength) {
    throw new RangeError(`the layout has ${layout.byteLength} bytes, the sink ${sink.byteLength}`);
  }
  const written = new Map<string, Part[]>(layout.tensors.map(({ name }) => [name, []]));
  let underWay = 0;
  return {
    async writeTensor(name, offset, bytes) {
      const tensor = layout.tensorsByName.get(name);
      const parts = written.get(name);
      if (tensor === undefined || parts === undefined) throw new RangeError(`no tensor ${name} in this layout`);
      if (!Number.isSafeInteger(offset) || offset < 0 || bytes.byteLength > tensor.byteLength - offset) {
        const range = `${bytes.byteLength} bytes at ${offset}`;
        throw new RangeError(`${range} pass the ${tensor.byteLength} bytes of tensor ${name}`);
      }
      underWay++;
      try {
        await sink.write(tensor.offset + offset, bytes);
        // Noted only now: a part that failed stays missing.
        parts.push({ start: offset, end: offset + bytes.byteLength });
      } finally {
        underWay--;
      }
    },
    async finish() {
      if (underWay > 0) throw new Error('tensors are still being written');
      for (const { name, byteLength } of layout.tensors) checkCovered(written.get(name) ?? [], byteLength, name);
      await sink.write(0, layout.header);
    },
  };
}

/** Throws Error unless the parts cover `byteLength` bytes, each once. */
function checkCovered(parts: readonly Part[], byteLength: number, name: string): void {
  let end = 0;
  for (const part of [...parts].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (part.start > end) throw new Error(`byte ${end} of tensor ${name} was never written`);
    if (part.start < end && part.end > part.start)
      throw new Error(`byte ${part.start} of tensor ${name} was written twice`);
    end = Math.max(end, part.end);
  }
  if (end < byteLength) throw new Error(`byte ${end} of tensor ${name} was never written`);
}
