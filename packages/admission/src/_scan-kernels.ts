/** Kernels that scan, in a memory of their own. */
import { compileEncodeKernels, type EncodeKernels, instantiateEncodeKernels } from '@mirust/kernels/encode';
import { SCAN_NUMBERS } from '@mirust/quant';

const WASM_PAGE_BYTES = 65_536;

/** Kernels and their memory. */
export interface ScanKernels {
  readonly exports: EncodeKernels;
  readonly buffer: ArrayBuffer;
  /** Address of the scan, and of the first byte behind it that is free. */
  readonly found: number;
  readonly start: number;
}

/** Kernels over a memory with so many free bytes; undefined where the platform has none, or not the memory. */
export async function createScanKernels(byteLength: number): Promise<ScanKernels | undefined> {
  const module = await compileEncodeKernels(false);
  if (module === undefined) return undefined;
  // The constants of the build lie in the first page; the scan has the end of it.
  const pages = 1 + Math.ceil(byteLength / WASM_PAGE_BYTES);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const found = WASM_PAGE_BYTES - 8 * SCAN_NUMBERS;
    return { exports: instantiateEncodeKernels(module, memory), buffer: memory.buffer, found, start: WASM_PAGE_BYTES };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
