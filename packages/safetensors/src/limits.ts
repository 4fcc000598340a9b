/** The limits of the safetensors reader, each with its reason. */

/** The header: the limit of the format (`MAX_HEADER_SIZE` of the reference). */
export const MAX_SAFETENSORS_HEADER_BYTES = 100_000_000;

/** Dimensions of a tensor. The reference has no limit; a 3-D convolution has five, and nothing stores more. */
export const MAX_SAFETENSORS_RANK = 8;

/** A tensor name, in UTF-16 units. Real names have about a hundred; a megabyte would only serve an attack. */
export const MAX_SAFETENSORS_NAME_LENGTH = 1024;

/** Files of one model. The largest published checkpoints have a few hundred. */
export const MAX_SAFETENSORS_SHARDS = 4096;

/** A file name in an index: the limit of common file systems. */
export const MAX_SHARD_NAME_LENGTH = 255;
