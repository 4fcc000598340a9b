/**
 * The loop that every thread runs: take the next operation, do its own slice, meet the others where the table says so.
 *
 * A slice is a run of columns, in units of 32, of every row of the chunk; operations whose slices are the same columns of
 * the same buffers need no barrier between them. Only attention and the cache are sliced by heads, and lookups by tokens.
 */
import { attendPartial, attendRows, mergePartials, partialBytes } from './attention';
import { AttentionShape, ROWS, SEGMENT } from './attention-space';
import { meet } from './barrier';
import { decodeRow } from './decode';
import { addInto, copyRows, rmsNorm, ropeAngles, rotate, swiglu } from './elementwise';
import { appendVectors } from './kv-cache';
import { matmulPanels } from './matmul';
import { matmulRows } from './matmul-float';
import { quantizeRows } from './quantize';
import {
  ADD, ATTENTION, ATTENTION_MERGE, BARRIER_BEFORE, EMBEDDING, KIND_F32, KV_APPEND, KV_Q8, LOGITS_ROWS, MATMUL_PANELS, MATMUL_ROWS,
  OPERATIONS, PROFILE, QUANTIZE, RECORD_BYTES, RMS_NORM, ROPE, ROPE_ANGLES, RUN_LOGITS_ROWS, RUN_POSITION, RUN_TOKENS,
  SELECT_ROWS, SWIGLU, TABLE, THREADS, WORKSPACE, WORKSPACE_BYTES,
} from './table';

/** Milliseconds since some start; called only while a profile is taken. */
// @ts-ignore: decorator
@external('env', 'now')
declare function now(): f64;

/**
 * Runs operations [first, end) of the table as thread `thread`. Gives the operation to go on with: `end`, or an earlier
 * one where the run was cancelled.
 */
export function run(control: usize, thread: i32, first: i32, end: i32): i32 {
  const table = <usize>u32Load(control, TABLE);
  const profile = <usize>u32Load(control, PROFILE);
  const workspace = <usize>u32Load(control, WORKSPACE) + <usize>thread * <usize>u32Load(control, WORKSPACE_BYTES);
  for (let index = first; index < end; index++) {
    const record = table + <usize>index * RECORD_BYTES;
    if ((i32.load(record, 4) & BARRIER_BEFORE) != 0 && !meet(control)) return index;
    if (profile == 0) {
      execute(control, thread, record, workspace);
    } else {
      const start = now();
      execute(control, thread, record, workspace);
      // Each thread has its own row of sums: no two write the same one.
      const at = profile + ((<usize>thread * <usize>u32Load(control, OPERATIONS) + <usize>index) << 3);
      f64.store(at, f64.load(at) + (now() - start));
    }
  }
  return end;
}

// @ts-ignore: decorator
@inline
function u32Load(base: usize, offset: usize): u32 {
  return load<u32>(base + offset);
}

/** First unit of thread `thread` when `units` are shared out evenly. */
// @ts-ignore: decorator
@inline
function share(units: i32, thread: i32, threads: i32): i32 {
  return <i32>((<i64>units * <i64>thread) / <i64>threads);
}

function execute(control: usize, thread: i32, record: usize, workspace: usize): void {
  const threads = i32.load(control, THREADS);
  const kind = i32.load(record);
  const rowsWanted = (i32.load(record, 4) & LOGITS_ROWS) != 0;
  const tokens = i32.load(control + (rowsWanted ? RUN_LOGITS_ROWS : RUN_TOKENS));
  if (tokens == 0) return;
  const position = i32.load(control, RUN_POSITION);
  const a = u32Load(record, 8), b = u32Load(record, 12), c = u32Load(record, 16), d = u32Load(record, 20);
  const e = u32Load(record, 24), f = u32Load(record, 28), g = u32Load(record, 32), h = u32Load(record, 36);
  switch (kind) {
    case MATMUL_PANELS: {
      // Slices of 32 rows: what follows works on the same columns of the output without waiting.
      const units = (<i32>c + 31) >> 5;
      const panels = (<i32>c + 7) >> 3;
      const first = share(units, thread, threads) << 2;
      const end = min(share(units, thread + 1, threads) << 2, panels);
      if (first < end) matmulPanels(a, b, c, d, e, tokens, f, first, end, workspace);
      return;
    }
    case MATMUL_ROWS: {
      const units = (<i32>c + 31) >> 5;
      const first = share(units, thread, threads) << 5;
      const end = min(share(units, thread + 1, threads) << 5, <i32>c);
      const block = u32Load(record, 40);
      if (first < end) matmulRows(a, b, c, d, g, h, block, e, tokens, f, first, end, workspace);
      return;
    }
    case RMS_NORM: {
      const first = firstColumn(f, thread, threads), end = firstColumn(f, thread + 1, threads);
      if (first >= end) return;
      let weight = <usize>c;
      if (<i32>b != KIND_F32) {
        decodeRow(b, c, 0, f, d, u32Load(record, 40), u32Load(record, 44), workspace);
        weight = workspace;
      }
      rmsNorm(a, weight, e, f, tokens, load<f64>(record + 32), first, end);
      return;
    }
    case QUANTIZE: {
      const blocks = (<i32>c + 31) >> 5;
      quantizeRows(a, c, tokens, b, share(blocks, thread, threads), share(blocks, thread + 1, threads), workspace);
      return;
    }
    case ROPE:
      rotate(a, b, c, d, tokens, firstColumn(b, thread, threads), firstColumn(b, thread + 1, threads));
      return;
    case KV_APPEND: {
      const heads = <i32>d / <i32>e;
      // A q8 vector has one scale, so one thread takes it whole.
      const first = <i32>a == KV_Q8 ? share(heads, thread, threads) * <i32>e : firstColumn(d, thread, threads);
      const end = <i32>a == KV_Q8 ? share(heads, thread + 1, threads) * <i32>e : firstColumn(d, thread + 1, threads);
      appendVectors(a, b, d, e, tokens, position, f, g, u32Load(record, 36), first, end);
      appendVectors(a, c, d, e, tokens, position, f, u32Load(record, 40), u32Load(record, 44), first, end);
      return;
    }
    case ATTENTION:
      attention(record, thread, threads, tokens, position, workspace);
      return;
    case ATTENTION_MERGE: {
      if (tokens != 1) return;
      const shape = changetype<AttentionShape>(record + 24);
      const columns = shape.kvHeads * shape.group * shape.headDim;
      const first = firstColumn(columns, thread, threads), end = firstColumn(columns, thread + 1, threads);
      if (first < end) mergePartials(shape, c, d, position, b, first, end, workspace);
      return;
    }
    case SWIGLU:
      swiglu(a, b, c, d, tokens, firstColumn(d, thread, threads), firstColumn(d, thread + 1, threads));
      return;
    case ADD:
      addInto(a, b, c, tokens, firstColumn(c, thread, threads), firstColumn(c, thread + 1, threads));
      return;
    case SELECT_ROWS: {
      const skipped = i32.load(control, RUN_TOKENS) - tokens;
      const from = <usize>a + <usize>skipped * (<usize>c << 2);
      copyRows(from, b, c, tokens, firstColumn(c, thread, threads), firstColumn(c, thread + 1, threads));
      return;
    }
    case EMBEDDING: {
      for (let t = share(tokens, thread, threads), end = share(tokens, thread + 1, threads); t < end; t++) {
        const token = i32.load(<usize>e + (<usize>t << 2));
        decodeRow(a, b, token, c, d, g, h, <usize>f + <usize>t * (<usize>c << 2));
      }
      return;
    }
    case ROPE_ANGLES:
      ropeAngles(a, b, position, c, share(tokens, thread, threads), share(tokens, thread + 1, threads));
      return;
  }
}

/** First column of a thread's slice: a multiple of 32, or the number of columns. */
// @ts-ignore: decorator
@inline
function firstColumn(columns: i32, thread: i32, threads: i32): i32 {
  return min(share((columns + 31) >> 5, thread, threads) << 5, columns);
}

/**
 * Prefill shares out blocks of rows of every key/value head, decode their segments: then every thread has something to
 * do whatever the number of heads.
 */
function attention(record: usize, thread: i32, threads: i32, tokens: i32, position: i32, workspace: usize): void {
  const query = <usize>u32Load(record, 8), output = <usize>u32Load(record, 12);
  const partials = <usize>u32Load(record, 16);
  const room = <i32>u32Load(record, 20);
  const shape = changetype<AttentionShape>(record + 24);
  const rows = tokens * shape.group;
  const blocks = (rows + ROWS - 1) / ROWS;
  if (tokens > 1) {
    // Later tokens see more, so blocks are dealt out in turn, not in runs.
    for (let unit = thread; unit < blocks * shape.kvHeads; unit += threads) {
      const block = unit / shape.kvHeads;
      const count = min(ROWS, rows - block * ROWS);
      attendRows(shape, unit - block * shape.kvHeads, query, output, position, block * ROWS, count, workspace);
    }
    return;
  }
  const firstSegment = (shape.window == 0 ? 0 : max(0, position - shape.window + 1)) / SEGMENT;
  const segments = position / SEGMENT - firstSegment + 1;
  const bytes = partialBytes(<usize>((shape.headDim + 3) & ~3));
  for (let unit = thread; unit < segments * shape.kvHeads * blocks; unit += threads) {
    const block = unit % blocks;
    const rest = unit / blocks;
    const segment = rest / shape.kvHeads;
    const kvHead = rest - segment * shape.kvHeads;
    const index = (kvHead * room + segment) * shape.group + block * ROWS;
    const count = min(ROWS, rows - block * ROWS);
    attendPartial(
      shape, kvHead, firstSegment + segment, query, position, block * ROWS, count, partials + <usize>index * bytes, workspace,
    );
  }
}
