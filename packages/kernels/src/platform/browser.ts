/** Browsers, and everything else that is not Node. */

/** See `contract.ts`. */
export async function compileRelaxed(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module | undefined> {
  return WebAssembly.validate(bytes) ? WebAssembly.compile(bytes) : undefined;
}
