/**
 * The program as an engine with threads runs it: the same results, more operations.
 *
 * - A matrix product with quantized weights reads its input as 8-bit codes (`quantize` says which), so an operation that
 *   makes them is put in front of the first product that needs them.
 * - Attention of a single token is cut along the positions, so that all threads have a share; a merge follows.
 * - A *step* is a run of operations between two barriers. Threads work on slices of the same columns, and operations
 *   whose slices meet only in a thread's own columns need no barrier between them.
 *
 * Working buffers are packed by steps, not by operations: within one, threads may be at different operations.
 */
import type { TensorEncoding } from '@mirust/core';
import type { KvType } from './kv-cache.ts';
import { type BufferSpec, type Operation, operands, type Program } from './program.ts';

/** An operation of a lowered program. */
export type LoweredOperation =
  | Exclude<Operation, { readonly kind: 'matmul' }>
  /** output = codes(input): 8 bits per value, one scale per 32 values; see `quantizesActivations` */
  | { readonly kind: 'quantize'; readonly input: string; readonly output: string }
  /**
   * output[t] = weight · input[t], from the codes of input where there are some. The input itself stays alive as long, so
   * that the reference backend, which makes its own codes, runs in the same buffers.
   */
  | (Extract<Operation, { readonly kind: 'matmul' }> & { readonly codes?: string })
  /** joins what attention left in pieces: decode only */
  | { readonly kind: 'attention-merge'; readonly layer: number; readonly partials: string; readonly output: string };

/** An operation and the step it belongs to. Steps count up from 0; all threads meet between two. */
export interface ScheduledOperation {
  readonly operation: LoweredOperation;
  readonly step: number;
}

/** A buffer of a lowered program. */
export interface LoweredBuffer {
  readonly name: string;
  readonly rows: BufferSpec['rows'];
  /** Values per row; for codes, the values they stand for; for partials 0: their size follows from the cache. */
  readonly rowElements: number;
  readonly dtype: BufferSpec['dtype'] | 'codes' | 'partials';
}

/** A lowered program. */
export interface LoweredProgram {
  readonly operations: readonly ScheduledOperation[];
  readonly buffers: readonly LoweredBuffer[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Name of the buffer that holds attention's pieces. */
export const ATTENTION_PARTIALS = 'attention-partials';

/** Name of the buffer that holds the codes of `input`. */
export function codesName(input: string): string {
  return `${input}#codes`;
}

/**
 * Whether a matrix product with weights of this encoding quantizes its input: a part of the definition of the result,
 * for every backend. Per row of the input and block of 32 neighbouring values, in f32:
 *
 * ```
 * scale = amax / 127     q = round(x · (1 / scale)), ties to even; 0 where 1 / scale is not finite
 * ```
 * True for the encodings that have integer kernels: those that can be interleaved.
 */
export function quantizesActivations(tapeEncoding: TensorEncoding): boolean {
  return tapeEncoding.layout === 'interleaved';
}

/**
 * Lowers a program.
 *
 * @param encodings tape encoding by tensor name
 * @param kvType a q8 vector has one scale, so one thread must append it whole: a barrier more
 */
export function lowerProgram(
  program: Program,
  encodings: ReadonlyMap<string, TensorEncoding>,
  kvType: KvType,
): LoweredProgram {
  const operations = insertOperations(program, encodings);
  const codes = new Set(operations.flatMap((operation) => (operation.kind === 'quantize' ? [operation.input] : [])));
  const buffers: LoweredBuffer[] = [
    ...program.buffers,
    { name: ATTENTION_PARTIALS, rows: 'once', rowElements: 0, dtype: 'partials' },
  ];
  for (const { name, rows, rowElements } of program.buffers) {
    if (codes.has(name)) buffers.push({ name: codesName(name), rows, rowElements, dtype: 'codes' });
  }
  return { operations: schedule(operations, kvType), buffers, inputs: program.inputs, outputs: program.outputs };
}

function insertOperations(program: Program, encodings: ReadonlyMap<string, TensorEncoding>): LoweredOperation[] {
  const lowered: LoweredOperation[] = [];
  /** Buffers whose codes are those of their present content. */
  const coded = new Set<string>();
  for (const operation of program.operations) {
    const { input, isCoded } = matmulInput(operation, encodings);
    if (input !== undefined && isCoded && !coded.has(input)) {
      lowered.push({ kind: 'quantize', input, output: codesName(input) });
      coded.add(input);
    }
    for (const written of operands(operation).writes) coded.delete(written);
    if (operation.kind === 'matmul') {
      lowered.push(isCoded ? { ...operation, codes: codesName(operation.input) } : operation);
    } else {
      lowered.push(operation);
    }
    if (operation.kind === 'attention') {
      const { layer, output } = operation;
      lowered.push({ kind: 'attention-merge', layer, partials: ATTENTION_PARTIALS, output });
    }
  }
  return lowered;
}

function matmulInput(
  operation: Operation,
  encodings: ReadonlyMap<string, TensorEncoding>,
): { input: string | undefined; isCoded: boolean } {
  if (operation.kind !== 'matmul') return { input: undefined, isCoded: false };
  const encoding = encodings.get(operation.weight);
  if (encoding === undefined) throw new RangeError(`no encoding given for tensor ${operation.weight}`);
  return { input: operation.input, isCoded: quantizesActivations(encoding) };
}

/**
 * How the threads share an operation's access to a buffer. `columns`: each has its own columns, of every row, and two
 * operations over one buffer give a thread the same ones. `mixed`: any other way, so that threads meet.
 */
type Sharing = 'columns' | 'mixed';

/** One access of an operation to a buffer, or to the cache of a layer. */
interface Access {
  readonly name: string;
  readonly writes: boolean;
  readonly sharing: Sharing;
}

/** What an operation touches and how the engine slices it: `assembly/run.ts` of the kernels does just this. */
function accesses(operation: LoweredOperation, kvType: KvType): Access[] {
  const access = (name: string, writes: boolean, sharing: Sharing): Access => ({ name, writes, sharing });
  switch (operation.kind) {
    case 'embedding':
      return [access(operation.tokens, false, 'mixed'), access(operation.output, true, 'mixed')];
    case 'rope-angles':
      return [access(operation.output, true, 'mixed')];
    case 'rms-norm':
      return [access(operation.input, false, 'mixed'), access(operation.output, true, 'columns')];
    case 'matmul':
      return [access(operation.codes ?? operation.input, false, 'mixed'), access(operation.output, true, 'columns')];
    case 'quantize':
    case 'select-rows':
      return [access(operation.input, false, 'columns'), access(operation.output, true, 'columns')];
    case 'rope':
      return [access(operation.angles, false, 'mixed'), access(operation.buffer, true, 'columns')];
    case 'kv-append': {
      const sharing = kvType === 'q8' ? 'mixed' : 'columns';
      return [
        access(operation.key, false, sharing),
        access(operation.value, false, sharing),
        access(cacheName(operation.layer), true, 'mixed'),
      ];
    }
    case 'attention':
      return [
        access(operation.query, false, 'mixed'),
        access(cacheName(operation.layer), false, 'mixed'),
        access(operation.output, true, 'mixed'),
        access(ATTENTION_PARTIALS, true, 'mixed'),
      ];
    case 'attention-merge':
      return [access(operation.partials, false, 'mixed'), access(operation.output, true, 'columns')];
    case 'swiglu':
      return [
        access(operation.gate, false, 'columns'),
        access(operation.up, false, 'columns'),
        access(operation.output, true, 'columns'),
      ];
    case 'add':
      return [access(operation.input, false, 'columns'), access(operation.target, true, 'columns')];
  }
}

function cacheName(layer: number): string {
  return `kv.${layer}`;
}

/** Puts a barrier before every operation that meets an earlier one of its step outside a thread's own columns. */
function schedule(operations: readonly LoweredOperation[], kvType: KvType): ScheduledOperation[] {
  let step = 0;
  let seen = new Map<string, { writes: boolean; sharing: Sharing }>();
  return operations.map((operation) => {
    const now = accesses(operation, kvType);
    const clashes = now.some(({ name, writes, sharing }) => {
      const before = seen.get(name);
      return before !== undefined && (writes || before.writes) && (sharing === 'mixed' || before.sharing === 'mixed');
    });
    if (clashes) {
      step++;
      seen = new Map();
    }
    for (const { name, writes, sharing } of now) {
      const before = seen.get(name);
      seen.set(name, {
        writes: writes || before?.writes === true,
        sharing: sharing === 'mixed' || before?.sharing === 'mixed' ? 'mixed' : 'columns',
      });
    }
    return { operation, step };
  });
}

/** Buffers that an operation reads and writes; see `operands`. The pieces of attention are a buffer of the layout. */
export function loweredOperands(operation: LoweredOperation): {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
} {
  switch (operation.kind) {
    case 'quantize':
      return { reads: [operation.input], writes: [operation.output] };
    case 'matmul': {
      const codes = operation.codes === undefined ? [] : [operation.codes];
      return { reads: [operation.input, ...codes], writes: [operation.output] };
    }
    case 'attention':
      return { reads: [operation.query], writes: [operation.output, ATTENTION_PARTIALS] };
    case 'attention-merge':
      return { reads: [operation.partials, operation.output], writes: [operation.output] };
    default:
      return operands(operation);
  }
}
