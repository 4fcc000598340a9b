/**
 * The SLM2 container, version 1. Integers are little-endian.
 *
 * Goals, in this order: every piece can be verified before it is used; DATA is the image of the weight tape, so loading
 * is one read; any architecture, tokenizer and template without a new container version; the same source and recipe
 * give the same bytes; every offset is known before the first weight is converted.
 * Non-goals: compression, encryption, editing in place, several models in one file.
 *
 * ```
 * header, 64 bytes
 *   0  4B magic "SLM2"            16 u32 section_count, 1 to 16
 *   4 u32 version, 1              20 u32 flags, 0
 *   8 u64 file_length             24 u64 zero
 *  32 32B root digest: SHA-256 of header and section table with these 32 bytes zero
 *
 * section entry, 64 bytes each, directly behind the header
 *   0  4B kind     4 u32 flags     8 u64 offset    16 u64 length    24 32B SHA-256    56 8B zero
 *   flag bit 0: a reader that does not know this kind must reject the file
 *
 * sections, in this order, all with flag bit 0
 *   META  canonical JSON (RFC 8785), schemas/slm2-meta.schema.json
 *   TOKN  the tokenizer; its content belongs to the tokenizer package
 *   TENS  the tensor table
 *   LEAF  SHA-256 of every 1 MiB chunk of DATA, the last chunk shorter
 *   DATA  payloads; its digest in the section table is the SHA-256 of LEAF
 *
 * tensor entry, 128 bytes, sorted by name; behind the last entry the names, in the same order, without separators
 *   0 u32 name offset from the start of TENS    48 u64 payload offset      80 32B SHA-256 of payload, then scales
 *   4 u32 name length                           56 u64 payload length     112 16B zero
 *   8 u16 dtype  10 u8 rank  11 u8 layout       64 u64 scale offset, 0 where there are none
 *  12 u32 block size, top bit: scales are f16   72 u64 scale length
 *  16 4×u64 dims, outermost first, 0 beyond the rank          all offsets are from the start of the file
 * ```
 *
 * Rules that make the bytes a function of the content:
 * - A section starts at the next multiple of 64 behind the one before, DATA at the next multiple of 4,096 (a page, so
 *   that it can be mapped). The file ends where DATA ends. Padding is zero.
 * - A reader that does not know a section without flag bit 0 skips it: its digest counts, its content does not. Such
 *   sections stand between LEAF and DATA.
 * - The number of tensors is the first name offset / 128. Names are printable ASCII without spaces, so that sorting
 *   by bytes, by code points and by UTF-16 units is the same and no two names look alike; they cover the rest of TENS.
 * - DATA holds the tensors in the order of the table. A payload starts at the next multiple of 64 behind the tensor
 *   before; its scales start at the next multiple of 4 behind it; DATA ends at the next multiple of 64. So offsets
 *   carry no information beyond names, types and shapes, and a reader accepts only the exact ones.
 * - dtype: 1 f32 · 2 q8 · 3 q4 · 16 f16 · 17 bf16 · 256 + ggml id for every other type of ggml. A type has one id:
 *   the ggml ids of f32, f16 and bf16 are refused.
 * - layout 0: row-major, scales behind the payload. 1: rows interleaved by 8 with their scales in the stream, the order
 *   in which kernels read: panels of 8 rows as `panel.ts` of the core package pictures them. Everything is payload, scale
 *   offset and length are 0; padded rows and columns are zero, their scales too. It is for tensors of rank 2 in q8, q4
 *   with blocks of 32, ggml's Q8_0 and Q4_0; on others it is refused, as other layouts are by name.
 * - block size: q8 the row, q4 an even divisor of the row, others 0.
 * - META's length must be known before anything is measured. Digests of sources and error statistics are therefore
 *   text of fixed width, and which tensors have statistics follows from the recipe, not from the result.
 * - META's keys are closed: unknown ones are refused, because a key that a reader does not know may change what the
 *   weights mean; notes go into `annotations`, and a change of meaning needs a new `formatVersion`.
 */
import type { ChunkTree } from '@mirust/integrity';
import type { Slm2Meta, TensorRecord } from '@mirust/schemas';
import type { PlacedTensor } from '../tensor.ts';

/** First bytes of the file. */
export const SLM2_MAGIC = 'SLM2';
/** Length of the header. */
export const SLM2_HEADER_BYTES = 64;
/** Length of an entry of the section table. */
export const SLM2_SECTION_ENTRY_BYTES = 64;
/** Length of an entry of TENS. */
export const SLM2_TENSOR_ENTRY_BYTES = 128;
/** Room for extensions; the table stays within a page. */
export const SLM2_MAX_SECTIONS = 16;
/** Every section but DATA starts at a multiple of this. */
export const SLM2_SECTION_ALIGNMENT = 64;
/** DATA starts at a multiple of this: a page. */
export const SLM2_DATA_ALIGNMENT = 4096;
/** Section flag bit 0. */
export const SLM2_MUST_UNDERSTAND = 1;

/** The sections of every container, in order. */
export const SLM2_KINDS = ['META', 'TOKN', 'TENS', 'LEAF', 'DATA'] as const;

/** Kind of a section that this version knows. */
export type Slm2Kind = (typeof SLM2_KINDS)[number];

/**
 * Most tensors. A dense model of 126 layers has 1,137, one of the 256 that may be 2,307; the experts of a layer are one
 * tensor of rank 3. All of them are read when a file is opened, which must take no second.
 */
export const SLM2_MAX_TENSORS: number = 3 * 2 ** 10;

/**
 * Largest sections. META: that many tensors with statistics are 1.3 MB, a template at most 1 MB, 4,096 source files
 * 0.6 MB. TOKN: a vocabulary of 262,144 tokens is about 10 MB. TENS: all tensors with the longest names. DATA: 4 TiB; LEAF
 * follows from it.
 */
export const SLM2_MAX_BYTES: Readonly<Record<Slm2Kind, number>> = {
  META: 4 * 2 ** 20,
  TOKN: 32 * 2 ** 20,
  TENS: SLM2_MAX_TENSORS * (SLM2_TENSOR_ENTRY_BYTES + 256),
  LEAF: 2 ** 22 * 32,
  DATA: 2 ** 42,
};
/** Largest section of a kind that this version skips: its digest is taken when a file is opened. */
export const SLM2_MAX_SKIPPED_BYTES: number = 4 * 2 ** 20;
/** Longest name of a tensor; the schema of META has the same limit. */
export const SLM2_MAX_NAME_BYTES = 256;

/** The header, decoded. */
export interface Slm2Header {
  readonly version: 1;
  readonly sectionCount: number;
  readonly fileByteLength: number;
  /** Hexadecimal. */
  readonly rootDigest: string;
}

/** An entry of the section table. */
export interface Slm2Section {
  /** A {@link Slm2Kind}, or the kind of a section that this version skips. */
  readonly kind: string;
  readonly flags: number;
  readonly offset: number;
  readonly byteLength: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** A tensor of an SLM2 container. */
export interface Slm2Tensor extends PlacedTensor {
  /** Of payload and scales without the padding between them; hexadecimal. */
  readonly sha256: string;
  /** What META says of it. */
  readonly record: TensorRecord;
}

/** A container whose every byte but those of DATA has been verified. */
export interface Slm2File {
  readonly byteLength: number;
  readonly header: Slm2Header;
  readonly sections: readonly Slm2Section[];
  readonly meta: Slm2Meta;
  readonly tokenizerBytes: Uint8Array;
  /** Sorted by name, which is the order of DATA. */
  readonly tensors: readonly Slm2Tensor[];
  readonly tensorsByName: ReadonlyMap<string, Slm2Tensor>;
  /** Digest of every chunk of DATA. */
  readonly tree: ChunkTree;
  readonly dataOffset: number;
  readonly dataByteLength: number;
  /** The artifact's name, hexadecimal: binds every byte of the file. */
  readonly rootDigest: string;
}
