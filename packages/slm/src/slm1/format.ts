/**
 * The SLM1 container, version 1. Integers are little-endian, fields are packed.
 *
 * ```
 * header, 108 bytes
 *   0 4B  magic "SLM1"          36 u32 head_count        64 u64 tokenizer_offset
 *   4 u32 version, 1            40 u32 kv_head_count     72 u64 tokenizer_length
 *   8 u32 header_length, >= 108 44 u32 head_dim          80 u64 tensor_directory_offset
 *  12 u32 model_type, 1         48 u32 ffn_size          88 u32 tensor_count
 *  16 u32 flags, bit 0 = tied   52 u32 max_context       92 u64 tensor_data_offset
 *  20 u32 vocab_size            56 f32 rope_theta       100 u64 checksum, not 0
 *  24 u32 special_token_count   60 f32 rms_norm_epsilon
 *  28 u32 hidden_size, 32 u32 layer_count
 *
 * tokenizer section: BTOK, 28 bytes, or BPE1
 *   0 4B magic   4 u32 version, 1   8 u32 vocab_size   … the rest belongs to the tokenizer
 *
 * tensor directory: tensor_count entries of 64 bytes, in any order
 *   0 u64 FNV-1a-64 of the name      32 u64 payload offset, absolute, multiple of 64
 *   8 u32 dtype: 1 f32, 2 q8, 3 q4   40 u64 payload length
 *  12 u32 rank, 1 to 4               48 u64 scale offset, absolute, 0 for f32
 *  16 4×u32 dims, outermost first    56 u32 block size (q8: columns; q4: even, divides the row; f32: 0)
 *                                    60 4B  zero
 *
 * data: payloads, each followed by its scales at the next multiple of 4
 * ```
 *
 * The sections lie in this order. The directory, the data and every payload start at the next multiple of 64 behind
 * what comes before; the file ends at the next multiple of 64 behind the last tensor; all padding is zero.
 *
 * The published text leaves some things open. For files from elsewhere this reader accepts a tokenizer section that
 * starts within 64 bytes behind the header (the header may be longer than 108 bytes; what is behind is not
 * interpreted), and 0 or 1 in dims beyond the rank; this writer puts the tokenizer directly behind the header and
 * writes 0. Everything else is exactly as above: a gap, an overlap or a stray byte is an error.
 *
 * rope_theta and rms_norm_epsilon are f32 by format: the writer rounds them to the nearest f32, which is the precision
 * of the arithmetic that uses them. Nothing else is rounded; what has no field (rope scaling, a sliding window, other
 * storage types, f16 scales) is refused, never dropped.
 */
import type { HyperparameterRecord } from '@mirust/schemas';
import type { PlacedTensor } from '../tensor.ts';

/** First bytes of the file. */
export const SLM1_MAGIC = 'SLM1';
/** Length of the header as this version writes it. */
export const SLM1_HEADER_BYTES = 108;
/** Length of a directory entry. */
export const SLM1_ENTRY_BYTES = 64;
/** Alignment of directory, data, payloads and the file's end. */
export const SLM1_ALIGNMENT = 64;
/** Bytes and four specials: the smallest vocabulary, that of BTOK. */
export const SLM1_MIN_VOCAB = 260;
/** BOS, EOS, PAD, UNK. */
export const SLM1_MIN_SPECIALS = 4;
/** dtype ids of the directory. */
export const SLM1_DTYPES = { 1: 'f32', 2: 'q8', 3: 'q4' } as const;

/** Kind of a tokenizer section. */
export type Slm1TokenizerKind = 'BTOK' | 'BPE1';

/** Smallest sections: BTOK has exactly this many bytes, BPE1 at least. */
export const SLM1_TOKENIZER_BYTES: Readonly<Record<Slm1TokenizerKind, number>> = { BTOK: 28, BPE1: 36 };

/** The header, decoded. */
export interface Slm1Header {
  readonly headerByteLength: number;
  /** The model's shape. `ropeTheta` and `rmsNormEpsilon` are exactly the stored f32. */
  readonly hyperparameters: HyperparameterRecord;
  readonly specialTokenCount: number;
  readonly tokenizerOffset: number;
  readonly tokenizerByteLength: number;
  readonly directoryOffset: number;
  readonly tensorCount: number;
  readonly dataOffset: number;
  readonly checksum: bigint;
}

/** A tensor of an SLM1 container. */
export interface Slm1Tensor extends PlacedTensor {
  /** FNV-1a-64 of the name. */
  readonly hash: bigint;
}

/** Where the tokenizer lies. Its content belongs to the tokenizer package. */
export interface Slm1TokenizerSection {
  readonly offset: number;
  readonly byteLength: number;
  readonly kind: Slm1TokenizerKind;
}

/** A container that has passed every structural rule. */
export interface Slm1File {
  readonly byteLength: number;
  readonly header: Slm1Header;
  readonly tokenizer: Slm1TokenizerSection;
  /** In the order of the specification: `slm1TensorShapes`. */
  readonly tensors: readonly Slm1Tensor[];
  readonly tensorsByName: ReadonlyMap<string, Slm1Tensor>;
}
