/** The builds of the engine, one per instruction set. */
import { wasmBinary } from './binary.ts';
import { FUSED_WASM } from './generated/fused.ts';
import { RELAXED_WASM } from './generated/relaxed.ts';
import { SIMD_WASM } from './generated/simd.ts';

/**
 * An instruction set. `simd`: baseline SIMD128. `relaxed`: relaxed SIMD with an emulated 8-bit dot. `fused`: relaxed
 * SIMD whose 8-bit dot is one instruction. Integer results are the same on all, float ones differ in rounding.
 */
export type KernelVariant = 'simd' | 'relaxed' | 'fused';

/** All variants, the most portable first. */
export const KERNEL_VARIANTS: readonly KernelVariant[] = ['simd', 'relaxed', 'fused'];

const TEXTS: Readonly<Record<KernelVariant, string>> = { simd: SIMD_WASM, relaxed: RELAXED_WASM, fused: FUSED_WASM };

/** The binary of a variant, importing a memory that is shared between threads or one that is not. */
export function kernelBytes(variant: KernelVariant, shared: boolean): Uint8Array<ArrayBuffer> {
  return wasmBinary(TEXTS[variant], shared);
}
