/** Node. */
import { setFlagsFromString } from 'node:v8';

/**
 * See `contract.ts`. Node 20 has relaxed SIMD behind a flag, and its baseline compiler translates the 32-bit dot wrongly:
 * there the module is compiled by the optimizing compiler alone, at once. The flags for that are put back; the feature
 * stays on, because worker threads need it for the module that they are given.
 */
export async function compileRelaxed(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module | undefined> {
  if (WebAssembly.validate(bytes) && majorVersion() > 20) return WebAssembly.compile(bytes);
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  if (!WebAssembly.validate(bytes)) return undefined;
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  try {
    // Not the asynchronous compile: the flags must hold until it is done, and for nothing else.
    return new WebAssembly.Module(bytes);
  } finally {
    setFlagsFromString('--liftoff');
    setFlagsFromString('--wasm-lazy-compilation');
  }
}

function majorVersion(): number {
  return Number(process.versions.node.split('.')[0]);
}
