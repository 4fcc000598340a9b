/**
 * The forward program: a flat list of operations over named buffers. It says what is computed, in which order, and
 * nothing about how; the layout gives every buffer its place, a backend executes the list. Its size follows the
 * layer count alone: chunk length and logits rows are bound by the layout.
 */

/** What one row of a buffer stands for: a token of the chunk, a position that asks for logits, or the whole run. */
export type BufferRows = 'chunk' | 'logits' | 'once';

/** A working buffer, shape [rows, rowElements]. */
export interface BufferSpec {
  readonly name: string;
  readonly rows: BufferRows;
  readonly rowElements: number;
  readonly dtype: 'f32' | 'u32';
}

/** One operation. Field names say buffers (`input`, `output`, …) or canonical tensor names (`weight`). */
export type Operation =
  /** output[t] = weight[tokens[t]] */
  | { readonly kind: 'embedding'; readonly weight: string; readonly tokens: string; readonly output: string }
  /** output[t] = (cos, sin) of position(t) · frequency, one pair per frequency: [T, headDim] */
  | { readonly kind: 'rope-angles'; readonly output: string }
  /** output[t] = input[t] / sqrt(mean(input[t]²) + epsilon) · weight */
  | {
      readonly kind: 'rms-norm';
      readonly input: string;
      readonly weight: string;
      readonly output: string;
      readonly epsilon: number;
    }
  /** output[t] = weight · input[t], weight [out, in] */
  | { readonly kind: 'matmul'; readonly weight: string; readonly input: string; readonly output: string }
  /** turns every pair of every head in place by its angle */
  | { readonly kind: 'rope'; readonly buffer: string; readonly angles: string; readonly headDim: number }
  /** stores the keys and values of the chunk in the cache of `layer` */
  | { readonly kind: 'kv-append'; readonly layer: number; readonly key: string; readonly value: string }
  /** output[t, h] = softmax(query[t, h] · keys / sqrt(headDim)) · values, over the positions that t may see */
  | { readonly kind: 'attention'; readonly layer: number; readonly query: string; readonly output: string }
  /** output[t] = silu(gate[t]) · up[t], output may be gate */
  | { readonly kind: 'swiglu'; readonly gate: string; readonly up: string; readonly output: string }
  /** target[t] += input[t] */
  | { readonly kind: 'add'; readonly target: string; readonly input: string }
  /** output[r] = input[t - R + r]: the last R of the t tokens of this run */
  | { readonly kind: 'select-rows'; readonly input: string; readonly output: string };

/** A whole forward pass. */
export interface Program {
  readonly buffers: readonly BufferSpec[];
  readonly operations: readonly Operation[];
  /** Filled by the caller before each run, so alive from the start. */
  readonly inputs: readonly string[];
  /** Read by the caller after each run, so alive to the end. */
  readonly outputs: readonly string[];
}

/** Which buffers an operation reads and which it writes anew; a buffer changed in place is in both. */
export function operands(operation: Operation): {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
} {
  switch (operation.kind) {
    case 'embedding':
      return { reads: [operation.tokens], writes: [operation.output] };
    case 'rope-angles':
      return { reads: [], writes: [operation.output] };
    case 'rms-norm':
    case 'matmul':
    case 'select-rows':
      return { reads: [operation.input], writes: [operation.output] };
    case 'rope':
      return { reads: [operation.buffer, operation.angles], writes: [operation.buffer] };
    case 'kv-append':
      return { reads: [operation.key, operation.value], writes: [] };
    case 'attention':
      return { reads: [operation.query], writes: [operation.output] };
    case 'swiglu':
      return { reads: [operation.gate, operation.up], writes: [operation.output] };
    case 'add':
      return { reads: [operation.target, operation.input], writes: [operation.target] };
  }
}
