/** UTF-8 positions: decoding itself is the platform's. */

/**
 * Position of the first byte from `start` to `end` that cannot be part of valid UTF-8, or -1. A broken sequence counts from its first
 * byte. (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.)
 */
export function firstInvalidUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let at = start;
  while (at < end) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length === 0) return at;
    if (length > end - at) return at;
    for (let index = 1; index < length; index++) {
      const low = index === 1 && lead === 0xe0 ? 0xa0 : index === 1 && lead === 0xf0 ? 0x90 : 0x80;
      const high = index === 1 && lead === 0xed ? 0x9f : index === 1 && lead === 0xf4 ? 0x8f : 0xbf;
      const byte = bytes[at + index] ?? 0;
      if (byte < low || byte > high) return at;
    }
    at += length;
  }
  return -1;
}

/** How many bytes the UTF-16 units from `start` to `end` take in UTF-8. `start` must not split a surrogate pair. */
export function utf8ByteLength(text: string, start: number, end: number): number {
  return new TextEncoder().encode(text.slice(start, end)).byteLength;
}
