/**
 * q4 in blocks of 32: two nibbles per byte, one scale per block. `_q4.ts` of `@mirust/quant` has the definition, its
 * eight candidates and its edges; the bytes are the same, because every step is rounded as there and every sum is taken
 * in the same order.
 */
import { INFINITE_BITS, largestBits, roundScales, storeScale } from './scales';

/** Divisors of the candidates, those at even places and those at odd ones: 7, 8, 6.75, 7.25, 7.5, 7.75, 8.25, 8.5. */
const EVEN: usize = memory.data<f32>([7, 6.75, 7.5, 8.25], 16);
const ODD: usize = memory.data<f32>([8, 7.25, 7.75, 8.5], 16);

/** Bounds of codes. */
const SEVEN: usize = memory.data<f32>([7, 7, 7, 7], 16);
const MINUS_EIGHT: usize = memory.data<f32>([-8, -8, -8, -8], 16);

/** What makes f32 nibbles: `toNibbles` below. A sum, its least value, its greatest. */
const SIGNED: usize = memory.data<f32>([
  12582912, 12582912, 12582912, 12582912, 12582904, 12582904, 12582904, 12582904, 12582919, 12582919, 12582919, 12582919,
], 16);
const BIASED: usize = memory.data<f32>([
  12582920, 12582920, 12582920, 12582920, 12582912, 12582912, 12582912, 12582912, 12582927, 12582927, 12582927, 12582927,
], 16);
const NIBBLE: usize = memory.data<u32>([15, 15, 15, 15], 16);

/** A block below has candidates whose f16 scale is subnormal, and so coarse that codes of any of them may need a clamp. */
const COARSE: f32 = 0.001;

/** Squared errors of four values. `above`, `below`: whether a code may pass 7, or -8. */
// @ts-ignore: decorator
@inline
function squares(x: v128, inverse: v128, above: bool, below: bool, seven: v128, minusEight: v128): v128 {
  const steps = f32x4.mul(x, inverse);
  let code = f32x4.nearest(steps);
  if (above) code = f32x4.pmin(code, seven);
  if (below) code = f32x4.pmax(code, minusEight);
  const error = f32x4.sub(steps, code);
  return f32x4.mul(error, error);
}

/** (0 + 1) + (2 + 3) of the lanes of four vectors, each in its lane. */
// @ts-ignore: decorator
@inline
function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7), gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  const low = f32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
  const high = f32x4.add(v128.shuffle<i64>(ef, gh, 0, 2), v128.shuffle<i64>(ef, gh, 1, 3));
  return f32x4.add(low, high);
}

/**
 * The sums of squared errors of four candidates, as the definition takes them: four running sums each. `above0` to
 * `below3`: see {@link squares}. A loop over the values, not over the candidates, and not unrolled: what is in flight
 * stays in registers.
 *
 * @param inverses f32 [4]; loaded, not shuffled: V8 would move a shuffle into the loop
 */
// @ts-ignore: decorator
@inline
function errorSums(
  x: usize, inverses: usize, above0: bool, above1: bool, above2: bool, above3: bool, below0: bool, below1: bool,
  below2: bool, below3: bool,
): v128 {
  const seven = v128.load(SEVEN), minusEight = v128.load(MINUS_EIGHT);
  const i0 = v128.load32_splat(inverses, 0), i1 = v128.load32_splat(inverses, 4);
  const i2 = v128.load32_splat(inverses, 8), i3 = v128.load32_splat(inverses, 12);
  let a = f32x4.splat(0), b = a, c = a, d = a;
  for (const end = x + 128; x < end; x += 16) {
    const v = v128.load(x);
    a = f32x4.add(a, squares(v, i0, above0, below0, seven, minusEight));
    b = f32x4.add(b, squares(v, i1, above1, below1, seven, minusEight));
    c = f32x4.add(c, squares(v, i2, above2, below2, seven, minusEight));
    d = f32x4.add(d, squares(v, i3, above3, below3, seven, minusEight));
  }
  return sumsOfLanes(a, b, c, d);
}

/** {@link errorSums} where nothing is known of the candidates. */
function clampedSums(x: usize, inverses: usize): v128 {
  return errorSums(x, inverses, true, true, true, true, true, true, true, true);
}

/**
 * Blocks are encoded in stages, each for a whole row before the next: within a block every step waits for the one
 * before, from block to block none does, and so a processor has work while it waits. What a block hands on:
 *
 * ```
 *   0  f32 [4] [4]  scales of the candidates, even and odd; at last f32 the scale, f32 1 / scale
 *  32  f32 [4] [4]  their inverses, then their sums of squared errors
 *  64  u32 [4] [4]  all bits set: the candidate is out
 *  96  f32          amax
 * 100  u32          whether a candidate is out because it is too large
 * ```
 */
const STAGE_BYTES: usize = 112;

/** Bytes that `blocks` blocks need between the stages. */
export function q4WorkBytes(blocks: i32): usize {
  return <usize>blocks * STAGE_BYTES;
}

/** First stage: the candidates. False where a value is not finite. */
function findCandidates(x: usize, blocks: i32, isHalf: bool, work: usize): bool {
  const one = f32x4.splat(1), eight = f32x4.splat(8), infinity = f32x4.splat(Infinity);
  const evenDivisors = v128.load(EVEN), oddDivisors = v128.load(ODD);
  let largest = 0;
  for (const end = x + (<usize>blocks << 7); x < end; x += 128, work += STAGE_BYTES) {
    const bits = largestBits(x, 32);
    largest = max(largest, bits);
    const amax = i32x4.splat(bits);
    let even = f32x4.div(amax, evenDivisors), odd = f32x4.div(amax, oddDivisors);
    let inverseEven = f32x4.div(one, even), inverseOdd = f32x4.div(one, odd);
    const smallEven = f32x4.eq(inverseEven, infinity), smallOdd = f32x4.eq(inverseOdd, infinity);
    if (isHalf) {
      even = roundScales(even);
      odd = roundScales(odd);
      inverseEven = f32x4.div(one, even);
      inverseOdd = f32x4.div(one, odd);
    }
    const largeEven = f32x4.eq(f32x4.mul(even, eight), infinity), largeOdd = f32x4.eq(f32x4.mul(odd, eight), infinity);
    v128.store(work, even, 0);
    v128.store(work, odd, 16);
    v128.store(work, inverseEven, 32);
    v128.store(work, inverseOdd, 48);
    v128.store(work, v128.or(smallEven, largeEven), 64);
    v128.store(work, v128.or(smallOdd, largeOdd), 80);
    i32.store(work, bits, 96);
    i32.store(work, v128.any_true(v128.or(largeEven, largeOdd)), 100);
  }
  return largest < INFINITE_BITS;
}

/** Second stage: the sums. It takes four fifths of the time. */
function sumErrors(x: usize, blocks: i32, isHalf: bool, work: usize): void {
  for (const end = x + (<usize>blocks << 7); x < end; x += 128, work += STAGE_BYTES) {
    const even = work + 32, odd = work + 48;
    if (isHalf && f32.load(work, 96) < COARSE) {
      v128.store(work, clampedSums(x, even), 32);
      v128.store(work, clampedSums(x, odd), 48);
      continue;
    }
    // No value has more steps than the divisor, but for rounding: up to 7.25 none needs a clamp, up to 8.25 none below.
    v128.store(work, errorSums(x, even, false, false, true, true, false, false, false, false), 32);
    v128.store(work, errorSums(x, odd, true, false, true, true, false, false, false, true), 48);
  }
}

/** What decides among candidates; infinite for those that are out. (A product that is NaN was never smaller.) */
// @ts-ignore: decorator
@inline
function errorsOf(scales: v128, amax: v128, sums: v128, isOut: v128): v128 {
  const ratio = f32x4.div(scales, amax), infinity = f32x4.splat(Infinity);
  const errors = f32x4.mul(f32x4.mul(ratio, ratio), sums);
  return v128.bitselect(errors, infinity, v128.andnot(f32x4.lt(errors, infinity), isOut));
}

/**
 * Third stage: the scale of the candidate with the smallest error, the earliest among equals; 0 where a block is too
 * small for any, and its codes are to be 0. False where f16 holds none.
 */
function chooseScales(blocks: i32, work: usize): bool {
  for (const end = work + q4WorkBytes(blocks); work < end; work += STAGE_BYTES) {
    const even = v128.load(work, 0), odd = v128.load(work, 16), amax = v128.load32_splat(work, 96);
    const errorsEven = errorsOf(even, amax, v128.load(work, 32), v128.load(work, 64));
    const errorsOdd = errorsOf(odd, amax, v128.load(work, 48), v128.load(work, 80));
    // Neighbours, then pairs, then halves: of two equal errors the left one is always the earlier candidate's.
    let isRight = f32x4.lt(errorsOdd, errorsEven);
    let errors = v128.bitselect(errorsOdd, errorsEven, isRight), scales = v128.bitselect(odd, even, isRight);
    let others = v128.shuffle<i32>(errors, errors, 1, 1, 3, 3);
    isRight = f32x4.lt(others, errors);
    errors = v128.bitselect(others, errors, isRight);
    scales = v128.bitselect(v128.shuffle<i32>(scales, scales, 1, 1, 3, 3), scales, isRight);
    others = v128.shuffle<i32>(errors, errors, 2, 2, 2, 2);
    isRight = f32x4.lt(others, errors);
    errors = v128.bitselect(others, errors, isRight);
    scales = v128.bitselect(v128.shuffle<i32>(scales, scales, 2, 2, 2, 2), scales, isRight);
    const inverses = f32x4.div(f32x4.splat(1), scales);
    // Without a candidate all lanes of `isOne` are 0.
    const isOne = f32x4.lt(errors, f32x4.splat(Infinity));
    if (i32.load(work, 100) != 0 && !v128.any_true(v128.shuffle<i32>(isOne, isOne, 0, 0, 0, 0))) return false;
    v128.store(work, v128.shuffle<i32>(v128.and(scales, isOne), v128.and(inverses, isOne), 0, 4, 0, 4));
  }
  return true;
}

/** All stages but the last: scales and inverse scales of blocks. False as {@link encodeQ4Rows}. */
function findScales(x: usize, blocks: i32, isHalf: bool, work: usize): bool {
  if (!findCandidates(x, blocks, isHalf, work)) return false;
  sumErrors(x, blocks, isHalf, work);
  return chooseScales(blocks, work);
}

/** Sums whose low bits are the nibbles of four values: rounding to an integer as in `q8.ts`. */
// @ts-ignore: decorator
@inline
function toNibbles(x: usize, inverse: v128, rounder: v128, least: v128, greatest: v128, mask: v128): v128 {
  const sum = f32x4.add(f32x4.mul(v128.load(x), inverse), rounder);
  return v128.and(f32x4.pmin(f32x4.pmax(sum, least), greatest), mask);
}

/** Nibbles of 16 values, one per byte. `kind`: {@link SIGNED} or {@link BIASED}. */
// @ts-ignore: decorator
@inline
function sixteenNibbles(x: usize, inverse: v128, kind: usize): v128 {
  const rounder = v128.load(kind, 0), least = v128.load(kind, 16), greatest = v128.load(kind, 32);
  const mask = v128.load(NIBBLE);
  const a = toNibbles(x, inverse, rounder, least, greatest, mask);
  const b = toNibbles(x + 16, inverse, rounder, least, greatest, mask);
  const c = toNibbles(x + 32, inverse, rounder, least, greatest, mask);
  const d = toNibbles(x + 48, inverse, rounder, least, greatest, mask);
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/**
 * Encodes a row whose scales lie apart. False where a value is not finite or a scale is beyond f16: then what was
 * written is void.
 *
 * @param x f32 [blocks, 32]
 * @param codes [blocks, 16 bytes]
 * @param scales [blocks]
 * @param work {@link q4WorkBytes}
 */
function encodeQ4Row(x: usize, blocks: i32, isHalf: bool, codes: usize, scales: usize, work: usize): bool {
  if (!findScales(x, blocks, isHalf, work)) return false;
  const low = i16x8.splat(0xff);
  for (let block = 0; block < blocks; block++, x += 128, codes += 16, work += STAGE_BYTES) {
    const inverse = v128.load32_splat(work, 4);
    const a = sixteenNibbles(x, inverse, SIGNED), b = sixteenNibbles(x + 64, inverse, SIGNED);
    // The second nibble of a pair is 8 bits up and goes 4 down.
    const bytes = i8x16.narrow_i16x8_u(
      v128.and(v128.or(a, i16x8.shr_u(a, 4)), low),
      v128.and(v128.or(b, i16x8.shr_u(b, 4)), low),
    );
    v128.store(codes, bytes);
    storeScale(scales, isHalf, <usize>block, v128.any_true(bytes) ? f32.load(work) : 1);
  }
  return true;
}

/**
 * Encodes a row into its lane of a panel (`panel.ts` of `@mirust/core`). False as {@link encodeQ4Row}.
 *
 * @param x f32 [groups, 32]
 * @param row 0 to 7
 * @param work {@link q4WorkBytes}
 */
function encodeQ4Lane(x: usize, groups: i32, isHalf: bool, panel: usize, row: usize, work: usize): bool {
  if (!findScales(x, groups, isHalf, work)) return false;
  const lead: usize = isHalf ? 16 : 32;
  const zeros = i8x16.splat(<i8>0x88);
  for (; groups > 0; groups--, x += 128, panel += lead + 128, work += STAGE_BYTES) {
    const inverse = v128.load32_splat(work, 4);
    const bytes = v128.or(sixteenNibbles(x, inverse, BIASED), i16x8.shl(sixteenNibbles(x + 64, inverse, BIASED), 4));
    const codes = panel + lead + (row << 2);
    v128.store_lane<i32>(codes, bytes, 0);
    v128.store_lane<i32>(codes + 32, bytes, 1);
    v128.store_lane<i32>(codes + 64, bytes, 2);
    v128.store_lane<i32>(codes + 96, bytes, 3);
    storeScale(panel, isHalf, row, v128.any_true(v128.xor(bytes, zeros)) ? f32.load(work) : 1);
  }
  return true;
}

/** Encodes up to eight rows, one behind the other, their scales too. Otherwise as {@link encodeQ4Row}. */
export function encodeQ4Rows(
  x: usize, count: i32, blocks: i32, isHalf: bool, codes: usize, scales: usize, work: usize,
): bool {
  const scaleBytes = <usize>blocks << (isHalf ? 1 : 2);
  for (; count > 0; count--, x += <usize>blocks << 7, codes += <usize>blocks << 4, scales += scaleBytes) {
    if (!encodeQ4Row(x, blocks, isHalf, codes, scales, work)) return false;
  }
  return true;
}

/** Encodes up to eight rows into one panel; padding is 0. Otherwise as {@link encodeQ4Lane}. */
export function encodeQ4Panel(x: usize, count: i32, groups: i32, isHalf: bool, panel: usize, work: usize): bool {
  if (count < 8) memory.fill(panel, 0, <usize>groups * (isHalf ? 144 : 160));
  for (let row: usize = 0; row < <usize>count; row++, x += <usize>groups << 7) {
    if (!encodeQ4Lane(x, groups, isHalf, panel, row, work)) return false;
  }
  return true;
}
