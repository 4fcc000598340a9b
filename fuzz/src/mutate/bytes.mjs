/** Bytes that change: the few operations that everything else is made of. */

const ENCODER = new TextEncoder();

export function utf8(text) {
  return ENCODER.encode(text);
}

export function concat(parts) {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The bytes with `start` to `statedEnd`, or to their end, replaced. */
export function splice(bytes, start, statedEnd, replacement) {
  const end = Math.min(statedEnd, bytes.length);
  const result = new Uint8Array(bytes.length - (end - start) + replacement.length);
  result.set(bytes.subarray(0, start));
  result.set(replacement, start);
  result.set(bytes.subarray(end), start + replacement.length);
  return result;
}

/** A little-endian number of up to 8 bytes. */
export function readInteger(bytes, at, size) {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return value;
}

/** Writes the low bytes of a number, little-endian, as far as there is room. */
export function writeInteger(bytes, at, size, value) {
  let rest = BigInt.asUintN(64, value);
  for (let i = 0; i < size && at + i < bytes.length; i++) {
    bytes[at + i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

/** A varint of protocol buffers, which may have more bytes than it needs. */
export function encodeVarint(value, size = 0) {
  const result = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const more = rest > 0x7fn || result.length + 1 < size;
    result.push(Number(rest & 0x7fn) | (more ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n || result.length < size);
  return Uint8Array.from(result);
}
