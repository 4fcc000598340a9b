/** Writes safetensors files for tests, right or wrong. */

/** A file from the text or bytes of its header, a length that may lie, and what follows. */
export function buildFile(
  header: string | Uint8Array,
  dataByteLength = 0,
  headerByteLength: number | bigint = typeof header === 'string'
    ? new TextEncoder().encode(header).length
    : header.length,
): Uint8Array {
  const content = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + content.length + dataByteLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerByteLength), true);
  file.set(content, 8);
  return file;
}

/** A file from the object of its header. */
export function buildSafetensors(header: object, dataByteLength: number): Uint8Array {
  return buildFile(JSON.stringify(header), dataByteLength);
}
