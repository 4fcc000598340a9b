/**
 * ggml's blocks of 256 values, row-major (ggml-org/llama.cpp, `ggml-common.h`).
 *
 * ```
 * Q2_K  scales 16 B · qs 64 B · d f16 · dmin f16                    d · (s & 15) · q - dmin · (s >> 4)    16 groups
 * Q3_K  hmask 32 B · qs 64 B · scales 12 B · d f16                  d · (s - 32) · (q - 4)                16 groups
 * Q4_K  d f16 · dmin f16 · scales 12 B · qs 128 B                   d · s · q - dmin · m                   8 groups
 * Q5_K  d f16 · dmin f16 · scales 12 B · qh 32 B · qs 128 B         d · s · q - dmin · m                   8 groups
 * Q6_K  ql 128 B · qh 64 B · scales 16 × i8 · d f16                 d · s · (q - 32)                      16 groups
 * ```
 * `@mirust/quant` says where the bits of each code and scale lie. Here as there scales and minima are rounded to f32
 * before they meet the codes, and so is every product.
 */
import { f16At, storeScaled, storeShifted } from './decode-codes';

/** Two-bit codes: half h (128 values, 32 bytes) and shift 2j hold values 128h + 32j to 128h + 32j + 31. */
export function decodeQ2_K(block: usize, columns: i32, target: usize): void {
  const mask = i8x16.splat(3);
  for (const end = target + (<usize>columns << 2); target < end; block += 84) {
    const d = f16At(block + 80), dmin = f16At(block + 82);
    for (let group = 0; group < 16; group++, target += 64) {
      const packed = <i32>load<u8>(block + <usize>group);
      const scale = f32x4.splat(d * <f32>(packed & 15)), shift = f32x4.splat(-(dmin * <f32>(packed >> 4)));
      const codes = v128.load(block + 16 + twoBitOffset(group));
      storeShifted(target, v128.and(i16x8.shr_u(codes, twoBitShift(group)), mask), scale, shift);
    }
  }
}

/** The third bit of value v is bit v / 32 of hmask[v mod 32]; where it is clear, 4 is subtracted. */
export function decodeQ3_K(block: usize, columns: i32, target: usize): void {
  const mask = i8x16.splat(3), one = i8x16.splat(1), bias = i8x16.splat(4);
  for (const end = target + (<usize>columns << 2); target < end; block += 110) {
    const d = f16At(block + 108);
    for (let group = 0; group < 16; group++, target += 64) {
      const scale = f32x4.splat(d * <f32>(q3Scale(block + 96, group) - 32));
      const low = v128.and(i16x8.shr_u(v128.load(block + 32 + twoBitOffset(group)), twoBitShift(group)), mask);
      const high = v128.and(i16x8.shr_u(v128.load(block + (<usize>(group & 1) << 4)), group >> 1), one);
      storeScaled(target, i8x16.sub(v128.or(low, i16x8.shl(high, 2)), bias), scale);
    }
  }
}

/** Offset of the 16 bytes with the two-bit codes of a group. */
// @ts-ignore: decorator
@inline
function twoBitOffset(group: i32): usize {
  return <usize>((group >> 3) * 32 + (group & 1) * 16);
}

// @ts-ignore: decorator
@inline
function twoBitShift(group: i32): i32 {
  return ((group >> 1) & 3) * 2;
}

/** Scale g: its lower four bits are nibble g of the first eight bytes (low nibbles first), its upper two lie behind. */
// @ts-ignore: decorator
@inline
function q3Scale(at: usize, group: i32): i32 {
  const low = (<i32>load<u8>(at + <usize>(group & 7)) >> ((group >> 3) * 4)) & 15;
  const high = (<i32>load<u8>(at + 8 + <usize>(group & 3)) >> ((group >> 2) * 2)) & 3;
  return low | (high << 4);
}

/** A pair of groups, 2p and 2p + 1, has its codes in the low and the high nibbles of the same 32 bytes. */
export function decodeQ4_K(block: usize, columns: i32, target: usize): void {
  const mask = i8x16.splat(15);
  for (const end = target + (<usize>columns << 2); target < end; block += 144) {
    const d = f16At(block), dmin = f16At(block + 2);
    let codes = block + 16;
    for (let group = 0; group < 8; group += 2, codes += 32, target += 256) {
      const a = v128.load(codes, 0), b = v128.load(codes, 16);
      let scale = f32x4.splat(d * <f32>q4Scale(block + 4, group));
      let shift = f32x4.splat(-(dmin * <f32>q4Minimum(block + 4, group)));
      storeShifted(target, v128.and(a, mask), scale, shift);
      storeShifted(target + 64, v128.and(b, mask), scale, shift);
      scale = f32x4.splat(d * <f32>q4Scale(block + 4, group + 1));
      shift = f32x4.splat(-(dmin * <f32>q4Minimum(block + 4, group + 1)));
      storeShifted(target + 128, v128.and(i16x8.shr_u(a, 4), mask), scale, shift);
      storeShifted(target + 192, v128.and(i16x8.shr_u(b, 4), mask), scale, shift);
    }
  }
}

/** Q4_K with a fifth bit: that of value i of group g is bit g of qh[i]. */
export function decodeQ5_K(block: usize, columns: i32, target: usize): void {
  const mask = i8x16.splat(15), one = i8x16.splat(1);
  for (const end = target + (<usize>columns << 2); target < end; block += 176) {
    const d = f16At(block), dmin = f16At(block + 2);
    let codes = block + 48;
    let g = v128.load(block, 16), h = v128.load(block, 32);
    for (let group = 0; group < 8; group += 2, codes += 32, target += 256) {
      const a = v128.load(codes, 0), b = v128.load(codes, 16);
      let scale = f32x4.splat(d * <f32>q4Scale(block + 4, group));
      let shift = f32x4.splat(-(dmin * <f32>q4Minimum(block + 4, group)));
      storeShifted(target, v128.or(v128.and(a, mask), i16x8.shl(v128.and(g, one), 4)), scale, shift);
      storeShifted(target + 64, v128.or(v128.and(b, mask), i16x8.shl(v128.and(h, one), 4)), scale, shift);
      g = i16x8.shr_u(g, 1);
      h = i16x8.shr_u(h, 1);
      scale = f32x4.splat(d * <f32>q4Scale(block + 4, group + 1));
      shift = f32x4.splat(-(dmin * <f32>q4Minimum(block + 4, group + 1)));
      const i = v128.and(i16x8.shr_u(a, 4), mask), j = v128.and(i16x8.shr_u(b, 4), mask);
      storeShifted(target + 128, v128.or(i, i16x8.shl(v128.and(g, one), 4)), scale, shift);
      storeShifted(target + 192, v128.or(j, i16x8.shl(v128.and(h, one), 4)), scale, shift);
      g = i16x8.shr_u(g, 1);
      h = i16x8.shr_u(h, 1);
    }
  }
}

/** Six-bit scales and minima: four of each in 6 bits of bytes 0-3 and 4-7, the others split over those and 8-11. */
// @ts-ignore: decorator
@inline
function q4Scale(at: usize, group: i32): i32 {
  const byte = at + <usize>group;
  if (group < 4) return <i32>load<u8>(byte) & 63;
  return (<i32>load<u8>(byte, 4) & 15) | ((<i32>load<u8>(byte - 4) >> 6) << 4);
}

// @ts-ignore: decorator
@inline
function q4Minimum(at: usize, group: i32): i32 {
  const byte = at + <usize>group;
  if (group < 4) return <i32>load<u8>(byte, 4) & 63;
  return (<i32>load<u8>(byte, 4) >> 4) | ((<i32>load<u8>(byte) >> 6) << 4);
}

/**
 * Six-bit codes of half h (128 values): values 32j to 32j + 31 have their lower nibble in ql[64h + 32 (j mod 2) …], in
 * the upper nibbles for j > 1, and their upper two bits in bits 2j of qh[32h …].
 */
export function decodeQ6_K(block: usize, columns: i32, target: usize): void {
  const mask = i8x16.splat(15), upper = i8x16.splat(0x30), bias = i8x16.splat(32);
  for (const end = target + (<usize>columns << 2); target < end; block += 210) {
    const d = f16At(block + 208);
    // The sixteen values from 16w on of each of a half's four parts, for both halves.
    for (let half: usize = 0; half < 2; half++, target += 512) {
      for (let w: usize = 0; w < 2; w++) {
        const low = block + half * 64 + w * 16;
        const a = v128.load(low, 0), b = v128.load(low, 32);
        const h = v128.load(block + half * 32 + w * 16, 128);
        const scales = block + half * 8 + w;
        const to = target + w * 64;
        const p = v128.or(v128.and(a, mask), v128.and(i16x8.shl(h, 4), upper));
        storeScaled(to, i8x16.sub(p, bias), f32x4.splat(d * <f32>(<i32>load<i8>(scales, 192))));
        const q = v128.or(v128.and(b, mask), v128.and(i16x8.shl(h, 2), upper));
        storeScaled(to + 128, i8x16.sub(q, bias), f32x4.splat(d * <f32>(<i32>load<i8>(scales, 194))));
        const r = v128.or(v128.and(i16x8.shr_u(a, 4), mask), v128.and(h, upper));
        storeScaled(to + 256, i8x16.sub(r, bias), f32x4.splat(d * <f32>(<i32>load<i8>(scales, 196))));
        const s = v128.or(v128.and(i16x8.shr_u(b, 4), mask), v128.and(i16x8.shr_u(h, 2), upper));
        storeScaled(to + 384, i8x16.sub(s, bias), f32x4.splat(d * <f32>(<i32>load<i8>(scales, 198))));
      }
    }
  }
}
