/**
 * The memory layout: the place of every weight, working buffer and cache in three tapes with three lifetimes, and the
 * engine's own things in front of them.
 *
 * - `weights`: loaded once, never cleared. Tensors lie in their tape encoding, sorted by name, payloads on 64-byte
 *   boundaries, scales that lie apart directly behind on a 4-byte boundary. That is the image of the DATA section of an
 *   SLM2 file with interleaved rows, so loading one is one read.
 * - `scratch`: working buffers of one run, packed by liveness, reused by every layer and token.
 * - `history`: the key/value cache, cleared per conversation.
 *
 * The planner prints this layout and the runtime allocates it: they agree because it is one function.
 */
import { alignUp, checkedAdd, checkedMul, encodedSize, type TensorEncoding } from '@mirust/core';
import type { ModelDescription } from './description.ts';
import { engineItems } from './engine-tape.ts';
import { kvBufferName, kvCapacity, kvPayloadBytes, kvScaleBytes } from './kv-cache.ts';
import { type LayoutOptions, type LayoutRequest, resolveLayoutOptions } from './layout-options.ts';
import { liveIntervals, packBuffers } from './liveness.ts';
import { type LoweredProgram, lowerProgram } from './lowering.ts';
import { tapeEncoding } from './tape-encoding.ts';
import { bufferBytes, workspaceBytes } from './working-buffers.ts';

/** Alignment of every placement: a cache line, and the widest vector there is. */
export const TAPE_ALIGNMENT = 64;

/** A named range of a tape. */
export interface Placement {
  readonly name: string;
  /** From the start of the tape. */
  readonly offset: number;
  readonly byteLength: number;
  /** Power of two that the offset is a multiple of. */
  readonly alignment: number;
}

/** One tape. */
export interface TapeLayout {
  /** Whole size, padding included. */
  readonly byteLength: number;
  /** Bytes that hold nothing: alignment gaps. For scratch: bytes that no buffer ever covers. */
  readonly paddingBytes: number;
  /** In order of offset for weights and history; scratch placements may overlap (liveness). */
  readonly placements: readonly Placement[];
}

/** The three tapes of a model under given options. */
export interface MemoryLayout {
  readonly options: LayoutOptions;
  /** Positions that one layer's cache holds: less than the context under a sliding window. */
  readonly kvCapacity: number;
  /** The program as an engine runs it: what the working buffers were packed for. */
  readonly program: LoweredProgram;
  /** How tensors lie in the weight tape, by canonical name. */
  readonly tapeEncodings: EncodingTable;
  /** The tapes, in the order in which they lie in memory. */
  readonly engine: TapeLayout;
  readonly weights: TapeLayout;
  readonly scratch: TapeLayout;
  readonly history: TapeLayout;
  /** What is left of the last page. */
  readonly pageRestBytes: number;
  /** A multiple of {@link PAGE_BYTES}. */
  readonly totalBytes: number;
}

/** The unit in which WebAssembly gives out memory. */
export const PAGE_BYTES = 65_536;

/** How the tensors of a model are stored in their source: canonical name → encoding. */
export type EncodingTable = ReadonlyMap<string, TensorEncoding>;

/**
 * Lays out a model whose source stores its tensors in `encodings`; the tape holds them in their `tapeEncoding`. Throws `MODEL_CONTEXT` and RangeError as `resolveLayoutOptions` does, `OVERFLOW` where a size
 * passes 2^53 - 1, `BLOCK_MISMATCH` where an encoding does not fit its tensor.
 */
export function layoutModel(
  model: ModelDescription,
  encodings: EncodingTable,
  request: LayoutRequest = {},
): MemoryLayout {
  const options = resolveLayoutOptions(model.hyperparameters, request);
  const tapeEncodings = tapeEncodingsOf(model, encodings);
  const program = lowerProgram(model.program, tapeEncodings, options.kvType);
  const engine = layoutEngine(model, program, tapeEncodings, options);
  const weights = layoutWeights(model, tapeEncodings);
  const scratch = layoutScratch(model, program, options);
  const history = layoutHistory(model, options);
  const tapes = [engine, weights, scratch, history];
  const used = tapes.reduce((sum, { byteLength }) => checkedAdd(sum, byteLength, 'tapes'), 0);
  const totalBytes = alignUp(used, PAGE_BYTES);
  const capacity = kvCapacity(model.hyperparameters, options.context, options.chunk);
  return {
    options,
    kvCapacity: capacity,
    program,
    tapeEncodings,
    engine,
    weights,
    scratch,
    history,
    pageRestBytes: totalBytes - used,
    totalBytes,
  };
}

function tapeEncodingsOf(model: ModelDescription, encodings: EncodingTable): EncodingTable {
  return new Map(
    model.contract.map(({ name, shape }) => {
      const encoding = encodings.get(name);
      if (encoding === undefined) throw new RangeError(`no encoding given for tensor ${name}`);
      return [name, tapeEncoding(encoding, shape)] as const;
    }),
  );
}

function layoutEngine(
  model: ModelDescription,
  program: LoweredProgram,
  encodings: EncodingTable,
  options: LayoutOptions,
): TapeLayout {
  const rows = model.contract.map(({ name, shape }) => ({
    columns: shape.at(-1) ?? 0,
    isInterleaved: encodings.get(name)?.layout === 'interleaved',
  }));
  const workspace = workspaceBytes(model.hyperparameters, rows);
  const builder = createTapeBuilder();
  for (const { name, byteLength } of engineItems(model.hyperparameters, program, options, workspace)) {
    builder.place(name, byteLength, TAPE_ALIGNMENT);
  }
  return builder.finish();
}

/** Name of the placement of a tensor's scales, where its tape encoding keeps them apart. */
export function scalesName(tensor: string): string {
  return `${tensor}#scales`;
}

function layoutWeights(model: ModelDescription, encodings: EncodingTable): TapeLayout {
  const builder = createTapeBuilder();
  // Plain code-unit order: the names are ASCII, and SLM2 sorts them the same way.
  const specs = [...model.contract].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, shape } of specs) {
    const encoding = encodings.get(name);
    if (encoding === undefined) throw new RangeError(`no encoding given for tensor ${name}`);
    const size = encodedSize(encoding, shape, { tensor: name });
    builder.place(name, size.payloadBytes, TAPE_ALIGNMENT);
    if (size.scaleBytes > 0) builder.place(scalesName(name), size.scaleBytes, 4);
  }
  return builder.finish();
}

function layoutHistory(model: ModelDescription, options: LayoutOptions): TapeLayout {
  const h = model.hyperparameters;
  const capacity = kvCapacity(h, options.context, options.chunk);
  const vectors = checkedMul(h.kvHeadCount, capacity, 'cache vectors');
  const payload = checkedMul(vectors, kvPayloadBytes(options.kvType, h.headDim), 'cache bytes');
  const scales = vectors * kvScaleBytes(options.kvType);
  const builder = createTapeBuilder();
  for (let layer = 0; layer < h.layerCount; layer++) {
    for (const part of ['key', 'value'] as const) {
      builder.place(kvBufferName(layer, part), payload, TAPE_ALIGNMENT);
      if (scales > 0) builder.place(kvBufferName(layer, `${part}.scale`), scales, TAPE_ALIGNMENT);
    }
  }
  return builder.finish();
}

function layoutScratch(model: ModelDescription, program: LoweredProgram, options: LayoutOptions): TapeLayout {
  const intervals = liveIntervals(program);
  const items = program.buffers.map((buffer) => ({
    name: buffer.name,
    byteLength: bufferBytes(buffer, model.hyperparameters, options),
    intervals: intervals.get(buffer.name) ?? [],
  }));
  const { offsets, byteLength } = packBuffers(items, TAPE_ALIGNMENT);
  const placements = items.map(({ name, byteLength: size }) => ({
    name,
    offset: offsets.get(name) ?? 0,
    byteLength: size,
    alignment: TAPE_ALIGNMENT,
  }));
  return { byteLength, paddingBytes: byteLength - coveredBytes(placements), placements };
}

/** Bytes under at least one placement. */
function coveredBytes(placements: readonly Placement[]): number {
  let covered = 0;
  let end = 0;
  for (const { offset, byteLength } of [...placements].sort((a, b) => a.offset - b.offset)) {
    covered += Math.max(0, offset + byteLength - Math.max(end, offset));
    end = Math.max(end, offset + byteLength);
  }
  return covered;
}

function createTapeBuilder(): {
  place(name: string, byteLength: number, alignment: number): void;
  finish(): TapeLayout;
} {
  const placements: Placement[] = [];
  let head = 0;
  let used = 0;
  return {
    place(name, byteLength, alignment) {
      const offset = alignUp(head, alignment, `place of ${name}`);
      placements.push({ name, offset, byteLength, alignment });
      head = checkedAdd(offset, byteLength, `end of ${name}`);
      used += byteLength;
    },
    finish() {
      const byteLength = alignUp(head, TAPE_ALIGNMENT);
      return { byteLength, paddingBytes: byteLength - used, placements };
    },
  };
}
