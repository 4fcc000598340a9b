/** Compiled builds as bytes, and the one place where they differ by how they are used. */

/**
 * The binary of a build, given in base64, importing a memory that is shared between threads or one that is not. That is
 * one bit of the import; atomic instructions are valid on either.
 */
export function wasmBinary(base64: string, shared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  if (!shared) {
    const at = memoryLimits(bytes);
    bytes[at] = (bytes[at] as number) & ~SHARED_FLAG;
  }
  return bytes;
}

/** Bit 1 of the limits of a memory: shared. Bit 0: a maximum follows. (WebAssembly core specification, 5.3.8) */
const SHARED_FLAG = 2;
const IMPORT_SECTION = 2;
const MEMORY_IMPORT = 2;

/** Offset of the flags of the imported memory. The builds have exactly one. */
function memoryLimits(bytes: Uint8Array): number {
  let at = 8;
  const leb = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  for (;;) {
    const section = bytes[at++];
    const byteLength = leb();
    if (section !== IMPORT_SECTION) {
      at += byteLength;
      continue;
    }
    for (let count = leb(); count > 0; count--) {
      // The names of module and field.
      for (let names = 0; names < 2; names++) {
        const length = leb();
        at += length;
      }
      if (bytes[at++] === MEMORY_IMPORT) return at;
      // A function import: its type.
      leb();
    }
  }
}
