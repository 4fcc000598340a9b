/**
 * The engine's own memory: what it needs besides weights, working buffers and cache. It lies at the front, because the
 * constants of the compiled kernels lie at address 0.
 */
import type { Hyperparameters } from './hyperparameters.ts';
import type { LayoutOptions } from './layout-options.ts';
import type { LoweredProgram } from './lowering.ts';

/** Names of the engine's placements. */
export const ENGINE = {
  /** Constants of the compiled kernels. */
  data: 'kernel-data',
  /** What the next run is to do, and where threads meet. */
  control: 'control',
  /** The program as a table. */
  operations: 'operations',
  /** f64 [headDim / 2] */
  frequencies: 'rope-frequencies',
  /** Indices of the highest logits, u32 [MAX_CANDIDATES] */
  candidates: 'candidates',
  /** Sums of time, f64 [threads][operations]. */
  profile: 'profile',
  /** [threads] */
  workspace: 'workspace',
} as const;

/** Room for the constants of the compiled kernels; a test holds the builds to it. */
export const KERNEL_DATA_BYTES = 1024;
/** Most logits that sampling asks for at once. */
export const MAX_CANDIDATES = 1024;
/** Bytes of the control block and of one record of the table: `table.ts` of the kernels. */
const CONTROL_BYTES = 256;
const RECORD_BYTES = 80;

/** Every placement of the engine's tape and its bytes, in order. */
export function engineItems(
  h: Hyperparameters,
  program: LoweredProgram,
  options: LayoutOptions,
  workspaceBytesPerThread: number,
): { readonly name: string; readonly byteLength: number }[] {
  const operations = program.operations.length;
  return [
    { name: ENGINE.data, byteLength: KERNEL_DATA_BYTES },
    { name: ENGINE.control, byteLength: CONTROL_BYTES },
    { name: ENGINE.operations, byteLength: operations * RECORD_BYTES },
    { name: ENGINE.frequencies, byteLength: (h.headDim / 2) * 8 },
    { name: ENGINE.candidates, byteLength: MAX_CANDIDATES * 4 },
    { name: ENGINE.profile, byteLength: options.threads * operations * 8 },
    { name: ENGINE.workspace, byteLength: options.threads * workspaceBytesPerThread },
  ];
}
