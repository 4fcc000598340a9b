/**
 * Chooses and compiles the build that an engine runs best: by asking whether it has the instructions, and then by trying
 * them. A build whose dots give one wrong number is not used.
 */
import { compileRelaxed } from '#platform';
import { type KernelVariant, kernelBytes } from './bytes.ts';
import { instantiateKernels } from './instance.ts';

/** A compiled build. The module may be posted to worker threads, which then need not compile it again. */
export interface CompiledKernels {
  readonly variant: KernelVariant;
  readonly module: WebAssembly.Module;
}

/** How to compile. */
export interface CompileOptions {
  /** Whether the memory is shared between threads. Default false. */
  readonly shared?: boolean;
  /** This build and no other. Default: the fastest one that the engine gets right. */
  readonly variant?: KernelVariant;
}

/** Compiles the best build; undefined where the engine has no WebAssembly with SIMD, or not the one that was asked for. */
export async function compileKernels(options: CompileOptions = {}): Promise<CompiledKernels | undefined> {
  const { shared = false, variant } = options;
  if (typeof WebAssembly === 'undefined') return undefined;
  if (variant === 'simd') return compileSimd(shared);
  const relaxed = await compileTested('relaxed', shared);
  if (relaxed === undefined) return variant === undefined ? compileSimd(shared) : undefined;
  if (variant === 'relaxed') return relaxed;
  // Right everywhere, but slower than the other build where the dot is several instructions.
  if (variant === undefined && !isDotFused(relaxed.module, shared)) return relaxed;
  return (await compileTested('fused', shared)) ?? (variant === undefined ? relaxed : undefined);
}

async function compileSimd(shared: boolean): Promise<CompiledKernels | undefined> {
  const bytes = kernelBytes('simd', shared);
  if (!WebAssembly.validate(bytes)) return undefined;
  return { variant: 'simd', module: await WebAssembly.compile(bytes) };
}

async function compileTested(variant: 'relaxed' | 'fused', shared: boolean): Promise<CompiledKernels | undefined> {
  const module = await compileRelaxed(kernelBytes(variant, shared));
  if (module === undefined) return undefined;
  return dotsAreExact(module, shared) ? { variant, module } : undefined;
}

const A = 1024 * 32;
const B = A + 16;
const C = A + 32;
const OUT = A + 48;

/** Two pages: the first holds the build's constants, the operands lie in its second half. */
function probeMemory(shared: boolean): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared });
}

/** Whether both dots give the exact result for operands within their contract: the second in 0..127. */
function dotsAreExact(module: WebAssembly.Module, shared: boolean): boolean {
  const memory = probeMemory(shared);
  const { probeDots } = instantiateKernels(module, memory);
  const a = new Int8Array(memory.buffer, A, 16);
  const b = new Int8Array(memory.buffer, B, 16);
  const c = new Int32Array(memory.buffer, C, 4);
  const sums = new Int32Array(memory.buffer, OUT, 4);
  const pairs = new Int16Array(memory.buffer, OUT + 16, 8);
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 16; i++) {
      // Extremes first, then whatever numbers: both signs, both ends, sums that differ in every lane.
      a[i] = round === 0 ? -128 : round === 1 ? 127 : (round * 89 + i * 57) % 256;
      b[i] = round < 2 ? 127 : (round * 31 + i * 43) % 128;
    }
    c.set([round * 1000 + 100, -7, 2 ** 30, -(2 ** 30)]);
    probeDots(A, B, C, OUT);
    for (let lane = 0; lane < 8; lane++) if (pairs[lane] !== product(a, b, lane * 2, 2)) return false;
    for (let lane = 0; lane < 4; lane++) {
      if (sums[lane] !== ((product(a, b, lane * 4, 4) + (c[lane] as number)) | 0)) return false;
    }
  }
  return true;
}

function product(a: Int8Array, b: Int8Array, first: number, count: number): number {
  let sum = 0;
  for (let i = first; i < first + count; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/**
 * Whether the 32-bit dot is one instruction. Outside the contract, at 127 · 255, engines differ by how they lower it: x86
 * without VNNI saturates in 16 bits and gives 65,534; VNNI gives 129,540; Arm's signed dot -508. This decides which
 * build is faster, never what it computes.
 */
function isDotFused(module: WebAssembly.Module, shared: boolean): boolean {
  const memory = probeMemory(shared);
  const { probeDots } = instantiateKernels(module, memory);
  new Uint8Array(memory.buffer, A, 16).fill(127);
  new Uint8Array(memory.buffer, B, 16).fill(255);
  new Uint8Array(memory.buffer, C, 16).fill(0);
  probeDots(A, B, C, OUT);
  return new Int32Array(memory.buffer, OUT, 1)[0] !== 2 * 32_767;
}
