/**
 * The reference backend: executes the forward program slowly and obviously, in plain TypeScript. It defines the
 * results, every other backend is tested against it, and it is the fallback where WebAssembly is refused.
 */
import { rowLength } from '@mirust/core';
import { ENGINE, type Operation, quantizesActivations, ropeFrequencies } from '@mirust/model';
import { decodeRows } from '@mirust/quant';
import type { Backend, BackendContext, RunRequest } from '../backend.ts';
import { type LoadedWeights, weightOf } from '../weights.ts';
import { roundToCodes } from './activations.ts';
import { attend } from './attention.ts';
import { addInto, rmsNorm, ropeAngles, rotate, swiglu } from './elementwise.ts';
import { openVectorCache, type VectorCache } from './kv-cache.ts';
import { embed, matmul } from './matmul.ts';

/** How long runs, one after another, may hold the thread before it lets other work, an abort among it, come through. */
const YIELD_AFTER_MILLISECONDS = 20;

/** Makes the backend over memory that is already filled with weights of types that loading has checked. */
export function createReferenceBackend(context: BackendContext): Backend {
  const { model, layout, memory, weights, profile } = context;
  const h = model.hyperparameters;
  const f32 = (name: string): Float32Array => floatView(memory.scratch(name));
  const buffers = new Map(
    model.program.buffers
      .filter(({ dtype }) => dtype === 'f32')
      .map((spec) => [spec.name, { spec, data: f32(spec.name) }]),
  );
  const tokenBytes = memory.scratch('tokens');
  const tokenBuffer = new Uint32Array(tokenBytes.buffer, tokenBytes.byteOffset, tokenBytes.byteLength / 4);
  const rowBuffer = floatView(memory.engine(ENGINE.workspace));
  const factors =
    h.ropeScaling?.type === 'factors'
      ? decodeVector(weights, 'rope_factors.weight', new Float32Array(h.headDim / 2))
      : undefined;
  const frequencies = ropeFrequencies(h, factors);
  const shape = { type: layout.options.kvType, headDim: h.headDim, capacity: layout.kvCapacity };
  const caches: { keys: VectorCache; values: VectorCache }[] = [];
  for (let layer = 0; layer < h.layerCount; layer++) {
    const keys = openVectorCache(memory, layer, 'key', shape);
    caches.push({ keys, values: openVectorCache(memory, layer, 'value', shape) });
  }

  /** The part of a buffer that this run uses. */
  function view(name: string, run: RunRequest): Float32Array {
    const buffer = buffers.get(name);
    if (buffer === undefined) throw new RangeError(`the program has no buffer ${name}`);
    const rows = buffer.spec.rows === 'chunk' ? run.tokens.length : run.logitsRows;
    return buffer.data.subarray(0, rows * buffer.spec.rowElements);
  }

  function execute(operation: Operation, run: RunRequest): void {
    const tokens = run.tokens.length;
    switch (operation.kind) {
      case 'embedding':
        embed(weightOf(weights, operation.weight), tokenBuffer.subarray(0, tokens), view(operation.output, run));
        return;
      case 'rope-angles':
        ropeAngles(frequencies, run.startPosition, tokens, view(operation.output, run));
        return;
      case 'rms-norm': {
        const weight = decodeVector(weights, operation.weight, rowBuffer);
        const output = view(operation.output, run);
        rmsNorm(view(operation.input, run), weight, output, output.length / weight.length, operation.epsilon);
        return;
      }
      case 'matmul': {
        const weight = weightOf(weights, operation.weight);
        const output = view(operation.output, run);
        const input = view(operation.input, run);
        const values = quantizesActivations(weight.encoding) ? roundToCodes(input, rowLength(weight.shape)) : input;
        matmul(weight, values, output, output.length / (weight.shape[0] ?? 1), rowBuffer);
        return;
      }
      case 'rope':
        rotate(view(operation.buffer, run), view(operation.angles, run), tokens, operation.headDim);
        return;
      case 'kv-append': {
        const { keys, values } = caches[operation.layer] as { keys: VectorCache; values: VectorCache };
        append(keys, view(operation.key, run), run);
        append(values, view(operation.value, run), run);
        return;
      }
      case 'attention': {
        const { keys, values } = caches[operation.layer] as { keys: VectorCache; values: VectorCache };
        const attention = { ...h, slidingWindow: h.slidingWindow };
        attend(
          attention,
          keys,
          values,
          view(operation.query, run),
          view(operation.output, run),
          run.startPosition,
          tokens,
        );
        return;
      }
      case 'swiglu':
        swiglu(view(operation.gate, run), view(operation.up, run), view(operation.output, run));
        return;
      case 'add':
        addInto(view(operation.target, run), view(operation.input, run));
        return;
      case 'select-rows': {
        const output = view(operation.output, run);
        const input = view(operation.input, run);
        output.set(input.subarray(input.length - output.length));
        return;
      }
    }
  }

  function append(cache: VectorCache, source: Float32Array, run: RunRequest): void {
    for (let t = 0; t < run.tokens.length; t++) {
      for (let head = 0; head < h.kvHeadCount; head++) {
        cache.store(head, run.startPosition + t, source, (t * h.kvHeadCount + head) * h.headDim);
      }
    }
  }

  // Across runs: a small model's are so short that none of them alone would ever let a signal through.
  let lastYield = performance.now();

  return {
    name: 'reference',
    async run(run) {
      tokenBuffer.set(run.tokens);
      const phase = run.tokens.length > 1 ? 'prefill' : 'decode';
      for (const operation of model.program.operations) {
        // After the last select, nothing remains to be computed for a run that wants no logits.
        if (operation.kind === 'select-rows' && run.logitsRows === 0) break;
        const start = performance.now();
        if (start - lastYield > YIELD_AFTER_MILLISECONDS) {
          await yieldToEventLoop();
          lastYield = performance.now();
        }
        run.signal?.throwIfAborted();
        execute(operation, run);
        if (profile.enabled) profile.add(phase, operation.kind, performance.now() - start);
      }
      return view('logits', run);
    },
  };
}

/** A rank-1 tensor, decoded into the front of `room`. */
function decodeVector(weights: LoadedWeights, name: string, room: Float32Array): Float32Array {
  const tensor = weightOf(weights, name);
  const vector = room.subarray(0, rowLength(tensor.shape));
  decodeRows(tensor, 0, 1, vector);
  return vector;
}

function floatView(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** Lets timers and input come through. */
function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
