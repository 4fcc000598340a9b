/** The operation table and the control block, as the engine writes them, and a run of them. */
import { expect } from 'vitest';
import { table } from '../src/index.ts';
import type { Workbench } from './_builds.ts';
import { uniform } from './_values.ts';

/** One record of the table: `src/table.ts` says what its fields are. */
export interface Operation {
  readonly kind: number;
  /** u32, from byte 8 on. */
  readonly fields: readonly number[];
  /** Epsilon of a norm: f64 at byte 32. */
  readonly epsilon?: number;
  /** Scale of the scores of attention: f32 at byte 64. */
  readonly scale?: number;
  readonly flags?: number;
}

/** What a run is to do. */
export interface RunOptions {
  readonly tokens: number;
  /** Position of the first token. Default 0. */
  readonly position?: number;
  /** How many of the last tokens want logits. Default: all. */
  readonly logitsRows?: number;
  /** Default 1. */
  readonly threads?: number;
  /** Bytes that one thread has for itself. Default 1 KiB. */
  readonly workspaceBytes?: number;
  /** In which order the threads come: any seed. */
  readonly seed?: number;
}

/** Lays a table and a control block down; gives the address of the control block. */
export function writeProgram(bench: Workbench, operations: readonly Operation[], options: RunOptions): number {
  const { tokens, position = 0, logitsRows = tokens, threads = 1, workspaceBytes = 1024 } = options;
  const records = bench.room(operations.length * table.RECORD_BYTES, 16);
  operations.forEach(({ kind, fields, epsilon, scale, flags = 0 }, index) => {
    const bytes = bench.bytes(records + index * table.RECORD_BYTES, table.RECORD_BYTES).fill(0);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    view.setUint32(0, kind, true);
    view.setUint32(4, flags, true);
    fields.forEach((value, field) => {
      view.setUint32(8 + 4 * field, value, true);
    });
    if (epsilon !== undefined) view.setFloat64(32, epsilon, true);
    if (scale !== undefined) view.setFloat32(64, scale, true);
  });
  const control = bench.room(table.CONTROL_BYTES, 64);
  const bytes = bench.bytes(control, table.CONTROL_BYTES).fill(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(table.RUN_TOKENS, tokens, true);
  view.setUint32(table.RUN_POSITION, position, true);
  view.setUint32(table.RUN_LOGITS_ROWS, logitsRows, true);
  view.setUint32(table.THREADS, threads, true);
  view.setUint32(table.TABLE, records, true);
  view.setUint32(table.OPERATIONS, operations.length, true);
  view.setUint32(table.WORKSPACE, bench.room(threads * workspaceBytes + 64, 64), true);
  view.setUint32(table.WORKSPACE_BYTES, workspaceBytes, true);
  return control;
}

/**
 * Runs operations as a pool of threads does, but for the threads, which come one after another, and in another order for
 * each operation: what a barrier orders is ordered, everything else may be.
 */
export function execute(bench: Workbench, operations: readonly Operation[], options: RunOptions): void {
  const { threads = 1, workspaceBytes = 1024, seed = 1 } = options;
  const control = writeProgram(bench, operations, options);
  const next = uniform(seed);
  operations.forEach((_, index) => {
    const waiting = Array.from({ length: threads }, (_, thread) => thread);
    while (waiting.length > 0) {
      const [thread = 0] = waiting.splice(Math.floor(next() * waiting.length), 1);
      expect(bench.kernels.run(control, thread, index, index + 1)).toBe(index + 1);
    }
  });
  const bytes = bench.bytes(control, table.CONTROL_BYTES);
  const workspace = new DataView(bytes.buffer, bytes.byteOffset).getUint32(table.WORKSPACE, true);
  expect(bench.isUntouched(workspace + threads * workspaceBytes, 64)).toBe(true);
}
