/**
 * The operation table and the control block: JavaScript writes them once, every thread of the engine reads them. This
 * file is compiled twice, as TypeScript and as AssemblyScript, so that the two sides cannot disagree.
 *
 * A record is {@link RECORD_BYTES} long: u32 kind, u32 flags, then the fields named below, u32 each from byte 8 on.
 */

/** weight kind, weight, columns, rowBytes, tokens, output, scales, block size (both for row-major q8 and q4 alone) */
export const EMBEDDING = 1;
/** frequencies (f64), pairs, angles */
export const ROPE_ANGLES = 2;
/** input, weight kind, weight, rowBytes, output, columns, epsilon (f64, at byte 32), scales, block size */
export const RMS_NORM = 3;
/** input, codes, columns */
export const QUANTIZE = 4;
/** weight kind, weight, rows, columns rounded up to 32, codes, output */
export const MATMUL_PANELS = 5;
/** weight kind, weight, rows, columns, input, output, rowBytes, scales, block size */
export const MATMUL_ROWS = 6;
/** buffer, columns, angles, headDim */
export const ROPE = 7;
/** cache type, key, value, columns, headDim, capacity, keys, key scales, values, value scales */
export const KV_APPEND = 8;
/**
 * query, output, partials, segments per head, then the shape: cache type, headDim, kvHeads, heads per kvHead, capacity,
 * window (0: none), keys, key scales, values, value scales, scale of the scores (f32)
 */
export const ATTENTION = 9;
/** as ATTENTION */
export const ATTENTION_MERGE = 10;
/** gate, up, output, columns */
export const SWIGLU = 11;
/** target, input, columns */
export const ADD = 12;
/** input, output, columns */
export const SELECT_ROWS = 13;

/** Bytes of a record. */
export const RECORD_BYTES = 80;

/** Flag: all threads meet before this operation. */
export const BARRIER_BEFORE = 1;
/** Flag: the operation's rows are those that ask for logits, not the tokens of the chunk. */
export const LOGITS_ROWS = 2;

/** Storage types of weights, interleaved: see `assembly/panels.ts`. */
export const KIND_Q8_F32 = 0;
export const KIND_Q8_F16 = 1;
export const KIND_Q8_0 = 2;
/** Q4_0, and q4 with f16 scales. */
export const KIND_NIBBLE_F16 = 3;
export const KIND_NIBBLE_F32 = 4;
/** Storage types of weights, row-major. */
export const KIND_F32 = 8;
export const KIND_F16 = 9;
export const KIND_BF16 = 10;
/** Ours, row-major, scales apart: vectors, and matrices in blocks other than 32. */
export const KIND_Q8_ROWS_F32 = 11;
export const KIND_Q8_ROWS_F16 = 12;
export const KIND_Q4_ROWS_F32 = 13;
export const KIND_Q4_ROWS_F16 = 14;
/** Blocks of ggml, row-major: 32 + the ggml id of the type. */
export const KIND_GGML = 32;

/** Types of the key/value cache. */
export const KV_F32 = 0;
export const KV_F16 = 1;
export const KV_Q8 = 2;

/** The control block, offsets in bytes: what the next run is to do. */
export const RUN_TOKENS = 0;
export const RUN_POSITION = 4;
export const RUN_LOGITS_ROWS = 8;
/** Threads of the pool, the table's address and length, the threads' workspaces. */
export const THREADS = 12;
export const TABLE = 16;
export const OPERATIONS = 20;
export const WORKSPACE = 24;
export const WORKSPACE_BYTES = 28;
/** Address of f64 [threads][operations] milliseconds, or 0: nothing is measured. */
export const PROFILE = 32;
/** Not 0: the run stops at the next barrier. */
export const CANCEL = 36;
/** What the last thread at a barrier decided for all: not 0, stop. */
export const STOPPED = 40;
/** Words that threads wait on have a cache line each. */
export const ARRIVED = 64;
export const GENERATION = 128;
export const SLEEPING = 132;
export const EPOCH = 192;
export const EPOCH_SLEEPING = 196;
/** Not 0: threads that wait for the next run end. */
export const QUIT = 200;
/** Bytes of the control block. */
export const CONTROL_BYTES = 256;
