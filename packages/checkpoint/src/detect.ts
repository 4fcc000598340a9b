/**
 * Which format a file is of, by its first bytes: names and extensions prove nothing. This is an allow-list; what it
 * does not know is refused unopened, pickles and archives by name.
 *
 * ```
 * SLM1, SLM2            the letters
 * GGUF                  the letters; FUGG is a big-endian one, which its reader refuses with the reason
 * safetensors           byte 8 is "{", and the u64 in front of it stays inside the file
 * llama2.c              its magic, or 28 bytes of sizes that add up to the length of the file
 * pickle, archive       refused: PKZIP, gzip, bzip2, xz, zstd, 7z, tar, HDF5, pickle protocols 2 to 5
 * JSON                  "{", then a quote or "}", with whitespace around
 * ```
 *
 * The order matters. Formats with a length or a sum that must fit come before the short magics of archives: a
 * safetensors header of 640 bytes starts with the same two bytes as a pickle (80 02), one of 19,280 with those of a zip
 * file (PK). Pickles of protocols 0 and 1 are plain letters without a magic; they are on no line of this list.
 */
import { type ByteSource, type ReadOptions, readRange, sanitizeText } from '@mirust/core';
import { checkpointError } from './errors.ts';
import { looksLikeLlama2c } from './formats/llama2c-header.ts';

/** What a single file turned out to be. */
export type FileFormat = 'slm1' | 'slm2' | 'gguf' | 'safetensors' | 'json' | 'llama2c';

/** Reaches behind tar's magic at byte 257, and behind the whitespace in front of any JSON that a person wrote. */
const HEAD_BYTES = 512;

/** Options of {@link detectFormat}. */
export interface DetectOptions extends ReadOptions {
  /** Name of the file; default that of the source. */
  readonly name?: string;
}

/**
 * Recognises a file. Throws `CHECKPOINT_EMPTY`, `CHECKPOINT_PICKLE` for pickles and archives, `CHECKPOINT_FORMAT` for
 * everything unknown, and what the source throws.
 */
export async function detectFormat(source: ByteSource, options: DetectOptions = {}): Promise<FileFormat> {
  const name = options.name ?? source.name;
  const shown = sanitizeText(name);
  if (source.byteLength === 0) throw checkpointError('CHECKPOINT_EMPTY', `${shown} is empty`, { offset: 0 });
  const head = await readRange(source, 0, Math.min(HEAD_BYTES, source.byteLength), options);
  const magic = ascii(head, 0, 4);
  if (magic === 'SLM1') return 'slm1';
  if (magic === 'SLM2') return 'slm2';
  if (magic === 'GGUF' || magic === 'FUGG') return 'gguf';
  if (head[8] === 0x7b && headerLengthFits(head, source.byteLength)) return 'safetensors';
  if (looksLikeLlama2c(head, source.byteLength)) return 'llama2c';
  const archive = archiveName(head);
  if (archive !== undefined) throw checkpointError('CHECKPOINT_PICKLE', `${shown} is ${archive}`, { offset: 0 });
  if (isJsonStart(head)) return 'json';
  // Damaged in its first bytes, or cut inside its header: the reader says how.
  if (/\.safetensors$/i.test(name)) return 'safetensors';
  throw checkpointError('CHECKPOINT_FORMAT', `${shown} is of no format that is read`, { offset: 0 });
}

function ascii(head: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...head.subarray(from, to));
}

/** Whether the u64 length in front of a safetensors header stays inside the file. */
function headerLengthFits(head: Uint8Array, byteLength: number): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return view.getBigUint64(0, true) <= BigInt(byteLength);
}

/** An object that begins: the character behind the brace tells it from a length whose lowest byte is a brace. */
function isJsonStart(head: Uint8Array): boolean {
  const text = ascii(head, 0, head.byteLength);
  return /^[ \t\r\n]*\{[ \t\r\n]*(["}]|$)/.test(text);
}

/** Magics, as Latin-1, of containers that may hold a pickle. */
const ARCHIVES: readonly (readonly [magic: string, offset: number, name: string])[] = [
  ['PK\x03\x04', 0, 'a zip archive (a PyTorch checkpoint is one)'],
  ['PK\x05\x06', 0, 'an empty zip archive'],
  ['PK\x07\x08', 0, 'a zip archive in parts'],
  ['\x1f\x8b', 0, 'a gzip archive'],
  ['BZh', 0, 'a bzip2 archive'],
  ['\xfd7zXZ\0', 0, 'an xz archive'],
  ['\x28\xb5\x2f\xfd', 0, 'a zstd archive'],
  ['7z\xbc\xaf\x27\x1c', 0, 'a 7z archive'],
  ['\x89HDF\r\n\x1a\n', 0, 'an HDF5 file'],
  ['ustar', 257, 'a tar archive'],
];

function archiveName(head: Uint8Array): string | undefined {
  const found = ARCHIVES.find(([magic, offset]) => ascii(head, offset, offset + magic.length) === magic);
  if (found !== undefined) return found[2];
  // PROTO, which every pickle from protocol 2 on starts with, and the protocol.
  const protocol = head[1] ?? 0;
  return head[0] === 0x80 && protocol >= 2 && protocol <= 5 ? `a pickle (protocol ${protocol})` : undefined;
}
