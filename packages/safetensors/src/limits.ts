/** The limits of the safetensors reader, each with its reason. */

/** The header: the limit of the format (`MAX_HEADER_SIZE` of the reference). */
export const MAX_SAFETENSORS_HEADER_BYTES = 100_000_000;

/**
 * The header of a file that is opened. An entry takes about 120 bytes, so that a mixture of experts in one file, with
 * 19,000 tensors, has 2.5 MB; names in other scripts take twice their bytes in memory.
 */
export const MAX_SAFETENSORS_OPENED_BYTES: number = 4 * 2 ** 20;

/**
 * Tensors of one file. Shards of the largest checkpoints have about a thousand, the largest mixtures of experts in one
 * file some 20,000 (48 layers of 128 experts with three matrices each).
 */
export const MAX_SAFETENSORS_TENSORS: number = 2 ** 15;

/** `__metadata__`, and any other entry. What training tools note in it takes some hundred kB. */
export const MAX_SAFETENSORS_ENTRY_BYTES: number = 2 ** 21;

/** Values in `__metadata__`; an entry of a tensor has at most 13. */
export const MAX_SAFETENSORS_ENTRY_VALUES: number = 2 ** 14;

/** Tensors of an index. A mixture of 256 experts in 58 layers, with scales beside its weights, has 92,000. */
export const MAX_SAFETENSORS_INDEX_TENSORS: number = 100_000;

/** An index: so many tensors with names of eighty bytes. That mixture of experts has one of 9 MB. */
export const MAX_SAFETENSORS_INDEX_BYTES: number = 10 * 2 ** 20;

/** Dimensions of a tensor. The reference has no limit; a 3-D convolution has five, and nothing stores more. */
export const MAX_SAFETENSORS_RANK = 8;

/** A tensor name, in UTF-16 units. Real names have about a hundred; a megabyte would only serve an attack. */
export const MAX_SAFETENSORS_NAME_LENGTH = 1024;

/** Files of one model. The largest published checkpoints have a few hundred. */
export const MAX_SAFETENSORS_SHARDS = 4096;

/** A file name in an index: the limit of common file systems. */
export const MAX_SHARD_NAME_LENGTH = 255;
