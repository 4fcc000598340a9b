/** The limits of the GGUF reader, each with its reason. A file beyond them is refused before anything is allocated. */

/**
 * Metadata and tensor table together, all of which stays in memory. A vocabulary of 262,144 tokens with its half a million
 * merges takes 12 to 20 MB.
 */
export const MAX_GGUF_HEADER_BYTES: number = 24 * 2 ** 20;

/** Metadata entries. Real files have a few dozen; each costs ten times its bytes in memory. */
export const MAX_GGUF_METADATA_ENTRIES: number = 2 ** 12;

/**
 * Tensors in one file. Real files have a few thousand, since the experts of a layer are one; each costs some ten times its
 * bytes in memory.
 */
export const MAX_GGUF_TENSORS: number = 2 ** 14;

/** Elements of one array: twice the longest real ones, merge lists of half a million. */
export const MAX_GGUF_ARRAY_LENGTH: number = 2 ** 20;

/** One string value. Templates have some 20 kB; some exporters store a whole `tokenizer.json`, mostly of 2 to 17 MB. */
export const MAX_GGUF_STRING_BYTES: number = 20 * 2 ** 20;

/** A metadata key: the limit of the format. */
export const MAX_GGUF_KEY_BYTES: number = 2 ** 16 - 1;

/** A tensor name. The format says 64, exporters with a larger limit exist; a megabyte would only serve an attack. */
export const MAX_GGUF_TENSOR_NAME_BYTES = 1024;

/** The limit on tensor names in the format; longer ones get a warning. */
export const FORMAT_TENSOR_NAME_BYTES = 64;

/** Dimensions of a tensor: the limit of the format. */
export const MAX_GGUF_RANK = 4;

/** Alignment where the file names none. */
export const DEFAULT_GGUF_ALIGNMENT = 32;

/** The format asks for a multiple of 8; the reference reader for a power of two. */
export const MIN_GGUF_ALIGNMENT = 8;

/** The largest page that any system maps a file by; more would only hide data in the padding. */
export const MAX_GGUF_ALIGNMENT: number = 2 ** 21;
