/** Every build that this engine compiles, each at work on a memory of its own: one suite runs over all of them. */
import { describe, it } from 'vitest';
import {
  type CompiledKernels,
  compileKernels,
  instantiateKernels,
  KERNEL_VARIANTS,
  type KernelExports,
  type KernelVariant,
} from '../src/index.ts';

/** What a build exports beside the engine: the kernels one by one. Their parameters: `assembly/`. */
export interface SingleKernels extends KernelExports {
  attentionWorkspaceBytes(padded: number): number;
  decodeRow(
    kind: number,
    weight: number,
    row: number,
    columns: number,
    rowBytes: number,
    scales: number,
    block: number,
    target: number,
  ): void;
  exp1(x: number): number;
  f16ToF32(source: number, target: number, count: number): void;
  f32ToF16(source: number, target: number, count: number): void;
  matmulPanels(
    kind: number,
    weight: number,
    rows: number,
    columns: number,
    x: number,
    tokens: number,
    output: number,
    firstPanel: number,
    endPanel: number,
    workspace: number,
  ): void;
  matmulWorkspaceBytes(columns: number): number;
  matmulRows(
    kind: number,
    weight: number,
    rows: number,
    columns: number,
    rowBytes: number,
    scales: number,
    block: number,
    input: number,
    tokens: number,
    output: number,
    firstRow: number,
    endRow: number,
    workspace: number,
  ): void;
  quantizeRows(
    x: number,
    rowElements: number,
    tokens: number,
    codes: number,
    firstBlock: number,
    endBlock: number,
    scratch: number,
  ): void;
  tileBytes(columns: number, tile: number): number;
}

/** What unused memory holds: as a float, NaN; as an integer, -1. */
const FILLER = 0xff;

/** A build, and a memory in which tests lay down what it works on. */
export class Workbench {
  readonly variant: KernelVariant;
  readonly kernels: SingleKernels;
  readonly #memory = new WebAssembly.Memory({ initial: 256, maximum: 65_536 });
  #next = 1024;

  constructor({ variant, module }: CompiledKernels) {
    this.variant = variant;
    this.kernels = instantiateKernels(module, this.#memory) as SingleKernels;
  }

  /** Gives all memory back. What was allocated is overwritten by what comes next. */
  clear(): this {
    this.#next = 1024;
    return this;
  }

  /** Address of `byteLength` bytes of {@link FILLER}: a kernel that counts on zeros, or reads too much, gives NaN. */
  room(byteLength: number, alignment = 16): number {
    const address = Math.ceil(this.#next / alignment) * alignment;
    this.#next = address + byteLength;
    const missing = this.#next - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / 65_536));
    this.bytes(address, byteLength).fill(FILLER);
    return address;
  }

  /** Address of a copy of the values. */
  put(values: ArrayBufferView, alignment = 16): number {
    const address = this.room(values.byteLength, alignment);
    this.bytes(address, values.byteLength).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return address;
  }

  /** Whether room that was left behind some buffer is as it was. */
  isUntouched(address: number, byteLength: number): boolean {
    return this.bytes(address, byteLength).every((byte) => byte === FILLER);
  }

  bytes(address: number, byteLength: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, address, byteLength);
  }

  /** A copy of `count` f32. */
  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.bytes(address, count * 4).slice().buffer);
  }
}

const BUILDS = await Promise.all(
  KERNEL_VARIANTS.map(async (variant) => ({ variant, compiled: await compileKernels({ variant }) })),
);

/** Describes every build; what the engine cannot compile is skipped and named. */
export function describeBuilds(name: string, suite: (bench: Workbench) => void): void {
  for (const { variant, compiled } of BUILDS) {
    if (compiled === undefined) it.skip(`${name}: this engine cannot compile the ${variant} build`);
    else describe(`${name} (${variant})`, () => suite(new Workbench(compiled)));
  }
}
