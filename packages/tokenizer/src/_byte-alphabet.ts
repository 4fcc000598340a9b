/**
 * The byte alphabet of byte-level BPE: every byte has a character that is neither space nor control, so that a token can
 * be written as text. Bytes that are printable in Latin-1 (33–126, 161–172, 174–255) are themselves; the other 68 follow
 * from U+0100 on, in their order. Source: `bytes_to_unicode` of OpenAI's GPT-2 (encoder.py).
 */

function isPrintable(byte: number): boolean {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
}

/** Shape [256]: the code unit of each byte. */
export const BYTE_CHARACTERS: Uint16Array = new Uint16Array(256);

/** How many code units from 0 on can be in the alphabet. */
const ALPHABET_END = 256 + 68;

/** Shape [324]: the byte of a code unit, or -1. */
const CHARACTER_BYTES: Int16Array = new Int16Array(ALPHABET_END).fill(-1);

{
  let spare = 256;
  for (let byte = 0; byte < 256; byte++) {
    const unit = isPrintable(byte) ? byte : spare++;
    BYTE_CHARACTERS[byte] = unit;
    CHARACTER_BYTES[unit] = byte;
  }
}

/** The byte of a code unit, or -1 where it is not in the alphabet. */
export function byteOfCharacter(unit: number): number {
  return CHARACTER_BYTES[unit] ?? -1;
}

/** Text as the alphabet writes its UTF-8 bytes. */
export function toByteAlphabet(text: string): string {
  let result = '';
  for (const byte of new TextEncoder().encode(text)) result += String.fromCharCode(BYTE_CHARACTERS[byte] ?? 0);
  return result;
}

/** The bytes that a text in the alphabet stands for; undefined where a character is not in it. */
export function fromByteAlphabet(text: string): number[] | undefined {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const byte = byteOfCharacter(text.charCodeAt(i));
    if (byte < 0) return undefined;
    bytes.push(byte);
  }
  return bytes;
}
