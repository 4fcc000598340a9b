/** Little-endian bytes that are appended one value after the other: the writer's counterpart of a cursor. */

/** One for all strings: making an encoder costs more than encoding a token. */
const ENCODER: TextEncoder = new TextEncoder();

/** A growing buffer. Its first `length` bytes are written. */
export interface ByteBuilder {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  length: number;
}

/** An empty builder. */
export function createByteBuilder(): ByteBuilder {
  const bytes = new Uint8Array(2 ** 12);
  return { bytes, view: new DataView(bytes.buffer), length: 0 };
}

/** Makes room for `byteLength` more bytes, counts them as written and returns where they start. */
export function extend(builder: ByteBuilder, byteLength: number): number {
  const at = builder.length;
  const needed = at + byteLength;
  if (needed > builder.bytes.length) {
    const grown = new Uint8Array(Math.max(needed, 2 * builder.bytes.length));
    grown.set(builder.bytes);
    builder.bytes = grown;
    builder.view = new DataView(grown.buffer);
  }
  builder.length = needed;
  return at;
}

export function appendU32(builder: ByteBuilder, value: number): void {
  const at = extend(builder, 4);
  builder.view.setUint32(at, value, true);
}

export function appendU64(builder: ByteBuilder, value: number | bigint): void {
  const at = extend(builder, 8);
  builder.view.setBigUint64(at, BigInt(value), true);
}

/**
 * Appends a string: a u64 byte count and UTF-8. Throws RangeError unless it has `minBytes` to `maxBytes` bytes, and
 * where it holds half a surrogate pair, which UTF-8 cannot say: it would come back as another text.
 */
export function appendString(
  builder: ByteBuilder,
  text: string,
  { minBytes, maxBytes }: { readonly minBytes: number; readonly maxBytes: number },
  what: string,
): void {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError(`${what} holds half a surrogate pair`);
  // A UTF-16 unit takes at most three bytes: a text that is far too long is refused before room is made for it.
  if (text.length > maxBytes)
    throw new RangeError(`${what} has ${text.length} characters, allowed are ${maxBytes} bytes`);
  const start = extend(builder, 8 + 3 * text.length);
  const { written } = ENCODER.encodeInto(text, builder.bytes.subarray(start + 8));
  if (written < minBytes || written > maxBytes) {
    throw new RangeError(`${what} has ${written} bytes, allowed are ${minBytes} to ${maxBytes}`);
  }
  builder.view.setBigUint64(start, BigInt(written), true);
  builder.length = start + 8 + written;
}
