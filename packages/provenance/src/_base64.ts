/** Base64 of RFC 4648, one text per value: what was signed must not have a second spelling. */

/**
 * The bytes of a text in the standard or the URL-safe alphabet (DSSE allows either), padded. Undefined for anything else:
 * white space, no padding, both alphabets at once, bits behind the last byte that are not zero.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const isStandard = /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  if (text.length % 4 !== 0 || !(isStandard || /^[A-Za-z0-9_-]*={0,2}$/.test(text))) return undefined;
  const standard = isStandard ? text : text.replaceAll('-', '+').replaceAll('_', '/');
  const binary = atob(standard);
  // `atob` forgives bits that belong to no byte; only the last group can have some.
  if (btoa(binary.slice(-1 - ((binary.length + 2) % 3))) !== standard.slice(-4)) return undefined;
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Bytes whose characters are made at a time: arguments of one call have a limit. */
const PIECE_BYTES = 2 ** 13;

/** Standard alphabet, padded. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + PIECE_BYTES));
  }
  return btoa(binary);
}
