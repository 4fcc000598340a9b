/** The limits on what a file may say about a tokenizer, each with its reason. */

/** Ids: four times the largest vocabulary in use (262,144). Bounds every table that an id of a file sizes. */
export const MAX_VOCAB_SIZE: number = 2 ** 20;

/**
 * Merges: four times the most in use (about 515,000). A rank and a position share one double in the heap, so ranks must
 * stay below 2^22.
 */
export const MAX_MERGES: number = 2 ** 21;

/**
 * Bytes of one token. The longest in use are runs of a few hundred; the time to look a candidate up grows with
 * this, so it also bounds the work per byte of input.
 */
export const MAX_TOKEN_BYTES = 4096;

/** Bytes of all tokens together: a megabyte-sized vocabulary of long tokens still fits; offsets stay far below 2^31. */
export const MAX_TOKEN_TABLE_BYTES: number = 2 ** 28;

/** Steps of a pre-tokenizer, and parts of a `Sequence` in `tokenizer.json`: the most in use are five. */
export const MAX_STEPS = 16;

/** How deep a `Sequence` may hold another one. */
export const MAX_SEQUENCE_DEPTH = 4;

/** Ids that end a generation: a handful in use; every generated id is looked up among them. */
export const MAX_END_OF_GENERATION_IDS = 1024;
