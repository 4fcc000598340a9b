/**
 * The WebAssembly backend: the program runs as a table inside the kernels, on one thread or on a pool of them, without
 * JavaScript between operations. The integer part of its results is the reference backend's; floats differ in order.
 */
import { type KernelVariant, table } from '@mirust/kernels';
import { ENGINE, ropeFrequencies } from '@mirust/model';
import { decodeRows } from '@mirust/quant';
import type { Backend, BackendContext, RunRequest } from '../backend.ts';
import { weightOf } from '../weights.ts';
import type { Engine } from './engine.ts';
import { operationCost } from './operation-cost.ts';
import { controlView, writeTable } from './write-table.ts';

/** Makes the backend over a memory that is already filled with weights, and an engine that was started over it. */
export function createWasmBackend(context: BackendContext, engine: Engine, variant: KernelVariant): Backend {
  const { model, layout, memory, weights, profile } = context;
  const h = model.hyperparameters;
  writeTable({ hyperparameters: h, layout, memory, weights });
  writeFrequencies(context);
  const control = controlView(memory);
  const timings = profileView(context);

  const tokens = u32View(memory.scratch('tokens'));
  const logits = f32View(memory.scratch('logits'));
  const operationCount = layout.program.operations.length;
  /** Multiplications of one token, without and with its logits. */
  const cost = matrixElements(context);

  return {
    name: `wasm-${variant}`,
    async run(run) {
      run.signal?.throwIfAborted();
      tokens.set(run.tokens);
      control.setUint32(table.RUN_TOKENS, run.tokens.length, true);
      control.setUint32(table.RUN_POSITION, run.startPosition, true);
      control.setUint32(table.RUN_LOGITS_ROWS, run.logitsRows, true);
      control.setUint32(table.PROFILE, profile.enabled ? timings.byteOffset : 0, true);
      const next = await engine.execute(cost * run.tokens.length, run.signal);
      if (profile.enabled) collect(context, run, timings);
      if (next !== operationCount) run.signal?.throwIfAborted();
      return logits.subarray(0, run.logitsRows * h.vocabSize);
    },
    argmax(row) {
      if (row.length === 0) throw new RangeError('there are no logits to choose from');
      // As the sampler's own: NaN alone gives the first id.
      return Math.max(0, engine.kernels.argmax(row.byteOffset, row.length));
    },
    topK(row, count) {
      const heap = memory.engine(ENGINE.candidates);
      const found = engine.kernels.topK(row.byteOffset, row.length, count, heap.byteOffset);
      return [...new Uint32Array(heap.buffer, heap.byteOffset, found)];
    },
    close: () => engine.close(),
  };
}

function writeFrequencies({ model, memory, weights }: BackendContext): void {
  const h = model.hyperparameters;
  let factors: Float32Array | undefined;
  if (h.ropeScaling?.type === 'factors') {
    factors = new Float32Array(h.headDim / 2);
    decodeRows(weightOf(weights, 'rope_factors.weight'), 0, 1, factors);
  }
  const { buffer, byteOffset } = memory.engine(ENGINE.frequencies);
  new Float64Array(buffer, byteOffset, h.headDim / 2).set(ropeFrequencies(h, factors));
}

function matrixElements({ model }: BackendContext): number {
  return model.contract.reduce((sum, { shape }) => sum + (shape.length < 2 ? 0 : shape.reduce((a, b) => a * b, 1)), 0);
}

function u32View({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

function f32View({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

/** f64 [threads][operations] */
function profileView({ memory }: BackendContext): Float64Array {
  const { buffer, byteOffset, byteLength } = memory.engine(ENGINE.profile);
  return new Float64Array(buffer, byteOffset, byteLength / 8);
}

/** Adds the times of a run to the profile, the slowest thread's for every operation, and starts them anew. */
function collect(context: BackendContext, run: RunRequest, timings: Float64Array): void {
  const { layout, profile } = context;
  const phase = run.tokens.length > 1 ? 'prefill' : 'decode';
  const { operations, buffers } = layout.program;
  const ofLogits = new Set(buffers.filter(({ rows }) => rows === 'logits').map(({ name }) => name));
  for (const [index, { operation }] of operations.entries()) {
    // Nothing was computed for a run that wants no logits.
    if (run.logitsRows === 0 && 'output' in operation && ofLogits.has(operation.output)) continue;
    let slowest = 0;
    for (let at = index; at < timings.length; at += operations.length) {
      slowest = Math.max(slowest, timings[at] as number);
    }
    profile.add(phase, operation.kind, slowest, operationCost(context, operation, run));
  }
  timings.fill(0);
}
