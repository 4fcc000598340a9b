/**
 * Row-major matrix × f32 activations: f32 as it lies there, every other type one decoded row at a time, which then
 * serves all tokens of the chunk.
 *
 * A sum runs in four vectors, then ((0 + 1) + (2 + 3)), then the lanes: for one token and for three at once alike, so a
 * chunk gives the bits of its tokens.
 */
import { decodeRow } from './decode';
import { madd, sumLanes } from './simd';
import { KIND_F32 } from './table';

/**
 * output[t][row] = Σ_c weight[row][c] · input[t][c] for rows [firstRow, endRow).
 *
 * @param kind, weight, columns, rowBytes, scales, block as for `decodeRow`
 * @param input f32 [tokens, columns]
 * @param output f32 [tokens, rows]
 * @param workspace f32 [columns] of this thread
 */
export function matmulRows(
  kind: i32,
  weight: usize,
  rows: i32,
  columns: i32,
  rowBytes: usize,
  scales: usize,
  block: i32,
  input: usize,
  tokens: i32,
  output: usize,
  firstRow: i32,
  endRow: i32,
  workspace: usize,
): void {
  const stride = <usize>columns << 2;
  const outStride = <usize>rows << 2;
  for (let row = firstRow; row < endRow; row++) {
    let w = weight + <usize>row * rowBytes;
    if (kind != KIND_F32) {
      decodeRow(kind, weight, row, columns, rowBytes, scales, block, workspace);
      w = workspace;
    }
    let x = input;
    let out = output + (<usize>row << 2);
    let t = tokens;
    for (; t >= 3; t -= 3, x += 3 * stride, out += 3 * outStride) dot3(w, x, stride, columns, out, outStride);
    for (; t > 0; t--, x += stride, out += outStride) f32.store(out, dot1(w, x, columns));
  }
}

// @ts-ignore: decorator
@inline
function tail(sum: f32, w: usize, x: usize, rest: usize): f32 {
  for (let i: usize = 0; i < rest; i += 4) sum += f32.load(w + i) * f32.load(x + i);
  return sum;
}

/** Σ w[c] · x[c]. */
export function dot1(w: usize, x: usize, columns: i32): f32 {
  let a = f32x4.splat(0), b = a, c = a, d = a;
  const end = w + (<usize>(columns & ~15) << 2);
  for (; w < end; w += 64, x += 64) {
    a = madd(v128.load(w, 0), v128.load(x, 0), a);
    b = madd(v128.load(w, 16), v128.load(x, 16), b);
    c = madd(v128.load(w, 32), v128.load(x, 32), c);
    d = madd(v128.load(w, 48), v128.load(x, 48), d);
  }
  return tail(sumLanes(f32x4.add(f32x4.add(a, b), f32x4.add(c, d))), w, x, <usize>(columns & 15) << 2);
}

function dot3(w: usize, x: usize, stride: usize, columns: i32, out: usize, outStride: usize): void {
  let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
  let y = x + stride;
  let z = y + stride;
  const end = w + (<usize>(columns & ~15) << 2);
  for (; w < end; w += 64, x += 64, y += 64, z += 64) {
    let v = v128.load(w, 0);
    a = madd(v, v128.load(x, 0), a); e = madd(v, v128.load(y, 0), e); i = madd(v, v128.load(z, 0), i);
    v = v128.load(w, 16);
    b = madd(v, v128.load(x, 16), b); f = madd(v, v128.load(y, 16), f); j = madd(v, v128.load(z, 16), j);
    v = v128.load(w, 32);
    c = madd(v, v128.load(x, 32), c); g = madd(v, v128.load(y, 32), g); k = madd(v, v128.load(z, 32), k);
    v = v128.load(w, 48);
    d = madd(v, v128.load(x, 48), d); h = madd(v, v128.load(y, 48), h); l = madd(v, v128.load(z, 48), l);
  }
  const rest = <usize>(columns & 15) << 2;
  f32.store(out, tail(sumLanes(f32x4.add(f32x4.add(a, b), f32x4.add(c, d))), w, x, rest));
  f32.store(out + outStride, tail(sumLanes(f32x4.add(f32x4.add(e, f), f32x4.add(g, h))), w, y, rest));
  f32.store(out + 2 * outStride, tail(sumLanes(f32x4.add(f32x4.add(i, j), f32x4.add(k, l))), w, z, rest));
}
