/**
 * Which format a file is of, by its first bytes: names and extensions prove nothing. This is an allow-list; what it
 * does not know is refused unopened, pickles and archives by name.
 */
import { type ByteSource, readRange } from '@mirust/core';
import { checkpointError } from './errors.ts';
import { looksLikeLlama2c } from './formats/llama2c-header.ts';

/** What a single file turned out to be. */
export type FileFormat = 'slm1' | 'slm2' | 'gguf' | 'safetensors' | 'json' | 'llama2c';

/** Enough for every magic and for llama2.c's header. */
const HEAD_BYTES = 64;

/**
 * Recognises a file. Throws `CHECKPOINT_EMPTY`, `CHECKPOINT_PICKLE` for pickles and archives, `CHECKPOINT_FORMAT` for
 * everything unknown.
 */
export async function detectFormat(source: ByteSource): Promise<FileFormat> {
  if (source.byteLength === 0) throw checkpointError('CHECKPOINT_EMPTY', `${source.name} is empty`, { offset: 0 });
  const head = await readRange(source, 0, Math.min(HEAD_BYTES, source.byteLength));
  const magic = String.fromCharCode(...head.subarray(0, 4));
  if (magic === 'SLM1') return 'slm1';
  if (magic === 'SLM2') return 'slm2';
  // FUGG is a big-endian GGUF: its reader refuses it with the reason.
  if (magic === 'GGUF' || magic === 'FUGG') return 'gguf';
  const archive = archiveName(head, magic);
  if (archive !== undefined) {
    throw checkpointError('CHECKPOINT_PICKLE', `${source.name} is ${archive}`, { offset: 0 });
  }
  // A safetensors header starts with `{` behind its 8-byte length. The length's own byte may be `{`, so this first.
  if (head[8] === 0x7b && headerLengthFits(head, source.byteLength)) return 'safetensors';
  if (looksLikeLlama2c(head, source.byteLength)) return 'llama2c';
  if (isJsonStart(head)) return 'json';
  // Eight bytes or a little more that claim to be a length: a damaged safetensors file gets its reader's reason.
  if (/\.safetensors$/i.test(source.name)) return 'safetensors';
  throw checkpointError('CHECKPOINT_FORMAT', `${source.name} is of no format that is read`, { offset: 0 });
}

/** Whether the u64 length in front of a safetensors header stays inside the file. */
function headerLengthFits(head: Uint8Array, byteLength: number): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return view.getBigUint64(0, true) <= BigInt(byteLength);
}

function isJsonStart(head: Uint8Array): boolean {
  const first = head.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09);
  return first === 0x7b;
}

/** Containers that may hold a pickle, and pickles themselves (protocol 2 and up start with 0x80). */
function archiveName(head: Uint8Array, magic: string): string | undefined {
  if (magic.startsWith('PK')) return 'a zip archive (a PyTorch checkpoint is one)';
  if (head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5) return 'a pickle';
  if (head[0] === 0x1f && head[1] === 0x8b) return 'a gzip archive';
  if (magic.startsWith('7z')) return 'a 7z archive';
  if (head[0] === 0x89 && magic.slice(1) === 'HDF') return 'an HDF5 file';
  if (magic.startsWith('BZh')) return 'a bzip2 archive';
  return undefined;
}
