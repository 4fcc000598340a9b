/**
 * ggml's blocks of 32 values, row-major (ggml-org/llama.cpp, `ggml-common.h`).
 *
 * ```
 * Q4_0  d f16                qs 16 B     d · (q - 8)
 * Q4_1  d f16, m f16         qs 16 B     d · q + m
 * Q5_0  d f16        qh 4 B  qs 16 B     d · (q - 16)
 * Q5_1  d f16, m f16 qh 4 B  qs 16 B     d · q + m
 * Q8_0  d f16                qs 32 B     d · q                q: i8
 * ```
 * A byte of qs holds value i in its low nibble and value i + 16 in its high one; bit i of qh is bit 4 of value i.
 */
import { f16At, storeScaled, storeShifted } from './decode-codes';

/** Bit i mod 8 in byte i; the bytes of 16 bits, each 8 times. */
const BITS: usize = memory.data<u32>([0x08040201, 0x80402010, 0x08040201, 0x80402010], 16);
const SPREAD: usize = memory.data<u32>([0, 0, 0x01010101, 0x01010101], 16);

/** Decodes `columns` values, a multiple of 32, into f32 [columns]. So do all below. */
export function decodeQ4_0(block: usize, columns: i32, target: usize): void {
  const mask = i8x16.splat(15), bias = i8x16.splat(8);
  for (const end = target + (<usize>columns << 2); target < end; block += 18, target += 128) {
    const d = f32x4.splat(f16At(block));
    const codes = v128.load(block + 2);
    storeScaled(target, i8x16.sub(v128.and(codes, mask), bias), d);
    storeScaled(target + 64, i8x16.sub(v128.and(i16x8.shr_u(codes, 4), mask), bias), d);
  }
}

export function decodeQ4_1(block: usize, columns: i32, target: usize): void {
  const mask = i8x16.splat(15);
  for (const end = target + (<usize>columns << 2); target < end; block += 20, target += 128) {
    const d = f32x4.splat(f16At(block)), m = f32x4.splat(f16At(block + 2));
    const codes = v128.load(block + 4);
    storeShifted(target, v128.and(codes, mask), d, m);
    storeShifted(target + 64, v128.and(i16x8.shr_u(codes, 4), mask), d, m);
  }
}

export function decodeQ5_0(block: usize, columns: i32, target: usize): void {
  const mask = i8x16.splat(15), fifth = i8x16.splat(16);
  for (const end = target + (<usize>columns << 2); target < end; block += 22, target += 128) {
    const d = f32x4.splat(f16At(block));
    const codes = v128.load(block + 6);
    const low = v128.or(v128.and(codes, mask), fifthBits(block + 2, fifth));
    const high = v128.or(v128.and(i16x8.shr_u(codes, 4), mask), fifthBits(block + 4, fifth));
    storeScaled(target, i8x16.sub(low, fifth), d);
    storeScaled(target + 64, i8x16.sub(high, fifth), d);
  }
}

export function decodeQ5_1(block: usize, columns: i32, target: usize): void {
  const mask = i8x16.splat(15), fifth = i8x16.splat(16);
  for (const end = target + (<usize>columns << 2); target < end; block += 24, target += 128) {
    const d = f32x4.splat(f16At(block)), m = f32x4.splat(f16At(block + 2));
    const codes = v128.load(block + 8);
    storeShifted(target, v128.or(v128.and(codes, mask), fifthBits(block + 4, fifth)), d, m);
    storeShifted(target + 64, v128.or(v128.and(i16x8.shr_u(codes, 4), mask), fifthBits(block + 6, fifth)), d, m);
  }
}

/** `fifth` in byte i where bit i of the 16 bits at an address is set. */
// @ts-ignore: decorator
@inline
function fifthBits(at: usize, fifth: v128): v128 {
  const bits = v128.load(BITS);
  const spread = i8x16.swizzle(v128.load16_splat(at), v128.load(SPREAD));
  return v128.and(i8x16.eq(v128.and(spread, bits), bits), fifth);
}

export function decodeQ8_0(block: usize, columns: i32, target: usize): void {
  for (const end = target + (<usize>columns << 2); target < end; block += 34, target += 128) {
    const d = f32x4.splat(f16At(block));
    storeScaled(target, v128.load(block + 2), d);
    storeScaled(target + 64, v128.load(block + 18), d);
  }
}
