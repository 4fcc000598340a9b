/**
 * The header of a llama2.c export (karpathy/llama2.c, `export.py`), little-endian.
 *
 * ```
 * version 0   7 × i32: dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len   (28 bytes)
 *             vocab_size < 0: the output matrix is not tied, the size is its absolute value
 * version 1   u32 magic 0x616b3432 ("24ka"), i32 version, the same 7 × i32, u8 shared classifier, zeros to 256 bytes
 * version 2   the same magic: weights of 8 bits in groups; refused
 * ```
 * Version 0 has no magic, so it is recognised by arithmetic: its sizes must add up to the file exactly.
 */
import { checkpointError } from '../errors.ts';

/** A llama2.c header. */
export interface Llama2cHeader {
  readonly version: 0 | 1;
  readonly dim: number;
  readonly hiddenDim: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabSize: number;
  readonly sequenceLength: number;
  readonly tiedOutput: boolean;
  readonly headerBytes: number;
}

const MAGIC = 0x616b3432;
const VERSION_0_BYTES = 28;
const VERSION_1_BYTES = 256;

/** Magic, version, fields and the classifier's byte; zeros follow. */
const VERSION_1_FIELDS = 37;

/** Bytes at the start of a file that hold the header of any version. */
export const LLAMA2C_HEADER_BYTES: number = VERSION_1_BYTES;

/** Above any model that was exported this way; keeps the sums below exact. */
const MAX_FIELD = 2 ** 24;
const MAX_LAYERS = 2 ** 12;

/** Whether the first bytes are a llama2.c header: its magic, or sizes that add up to the file. */
export function looksLikeLlama2c(head: Uint8Array, byteLength: number): boolean {
  if (head.byteLength < VERSION_0_BYTES) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (view.getUint32(0, true) === MAGIC) return true;
  const header = decodeFields(view, 0, 0, VERSION_0_BYTES);
  return header !== undefined && fileByteLength(header) === byteLength;
}

/** Reads and checks a header. Throws `LLAMA2C_HEADER` or `LLAMA2C_VERSION`. */
export function readLlama2cHeader(head: Uint8Array, byteLength: number): Llama2cHeader {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const hasMagic = head.byteLength >= 8 && view.getUint32(0, true) === MAGIC;
  const version = hasMagic ? view.getInt32(4, true) : 0;
  if (version !== 0 && version !== 1) {
    const what = version === 2 ? 'version 2 (8-bit weights in groups)' : `version ${version}`;
    throw checkpointError('LLAMA2C_VERSION', `llama2.c ${what} is not read`, { offset: 4, actual: version });
  }
  const headerBytes = version === 0 ? VERSION_0_BYTES : VERSION_1_BYTES;
  const fields =
    head.byteLength < headerBytes ? undefined : decodeFields(view, version === 0 ? 0 : 8, version, headerBytes);
  if (fields === undefined || (hasMagic && version === 0)) {
    throw checkpointError('LLAMA2C_HEADER', 'the header holds values that no model can have', { offset: 0 });
  }
  const stray = version === 0 ? -1 : head.subarray(VERSION_1_FIELDS, VERSION_1_BYTES).findIndex((byte) => byte !== 0);
  if (stray >= 0) {
    const offset = VERSION_1_FIELDS + stray;
    throw checkpointError('LLAMA2C_HEADER', `the padding byte at ${offset} is not zero`, { offset });
  }
  const expected = fileByteLength(fields);
  if (expected !== byteLength) {
    throw checkpointError('LLAMA2C_HEADER', `the header needs a file of ${expected} bytes`, {
      offset: 0,
      expected,
      actual: byteLength,
    });
  }
  return fields;
}

function decodeFields(view: DataView, at: number, version: 0 | 1, headerBytes: number): Llama2cHeader | undefined {
  const field = (index: number): number => view.getInt32(at + index * 4, true);
  const storedVocabulary = field(5);
  const vocabSize = Math.abs(storedVocabulary);
  const shared = version === 1 ? view.getUint8(at + 28) : 0;
  const header: Llama2cHeader = {
    version,
    dim: field(0),
    hiddenDim: field(1),
    layers: field(2),
    heads: field(3),
    kvHeads: field(4),
    vocabSize,
    sequenceLength: field(6),
    tiedOutput: version === 1 ? shared === 1 : storedVocabulary > 0,
    headerBytes,
  };
  const counts = [header.dim, header.hiddenDim, header.layers, header.heads, header.kvHeads, vocabSize, field(6)];
  if (counts.some((value) => value < 1 || value > MAX_FIELD) || header.layers > MAX_LAYERS) return undefined;
  if (version === 1 && (storedVocabulary < 0 || shared > 1)) return undefined;
  if (header.dim % header.heads !== 0 || header.heads % header.kvHeads !== 0) return undefined;
  if ((header.dim / header.heads) % 2 !== 0) return undefined;
  return header;
}

/** Bytes of rotary tables that version 0 stores and nobody reads: two f32 per position and pair. */
export function ropeTableBytes(header: Llama2cHeader): number {
  return header.version === 0 ? header.sequenceLength * (header.dim / header.heads) * 4 : 0;
}

/** The exact length of the file. Sums stay below 2^53 in any file that exists: the caller compares for equality. */
function fileByteLength(h: Llama2cHeader): number {
  const kvDim = (h.dim / h.heads) * h.kvHeads;
  const layer = 2 * h.dim + 2 * h.dim * h.dim + 2 * kvDim * h.dim + 3 * h.dim * h.hiddenDim;
  const embedding = h.vocabSize * h.dim;
  const parameters = embedding + h.layers * layer + h.dim + (h.tiedOutput ? 0 : embedding);
  return h.headerBytes + parameters * 4 + ropeTableBytes(h);
}
