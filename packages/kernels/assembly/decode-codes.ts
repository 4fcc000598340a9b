/** What the row decoders of all block types share: sixteen codes at a time to f32, every step rounded by itself. */
import { anyF16LanesToF32 } from './simd';

/** The f16 at an address, whatever it is. */
// @ts-ignore: decorator
@inline
export function f16At(at: usize): f32 {
  return f32x4.extract_lane(anyF16LanesToF32(i32x4.splat(<i32>load<i16>(at))), 0);
}

/**
 * target[i] = codes[i] · scale
 *
 * @param target f32 [16]
 * @param codes sixteen i8
 */
// @ts-ignore: decorator
@inline
export function storeScaled(target: usize, codes: v128, scale: v128): void {
  const low = i16x8.extend_low_i8x16_s(codes), high = i16x8.extend_high_i8x16_s(codes);
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), scale), 0);
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), scale), 16);
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), scale), 32);
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), scale), 48);
}

/** target[i] = codes[i] · scale + shift. Never fused: the format rounds the product. */
// @ts-ignore: decorator
@inline
export function storeShifted(target: usize, codes: v128, scale: v128, shift: v128): void {
  const low = i16x8.extend_low_i8x16_s(codes), high = i16x8.extend_high_i8x16_s(codes);
  const a = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), scale);
  const b = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), scale);
  const c = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), scale);
  const d = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), scale);
  v128.store(target, f32x4.add(a, shift), 0);
  v128.store(target, f32x4.add(b, shift), 16);
  v128.store(target, f32x4.add(c, shift), 32);
  v128.store(target, f32x4.add(d, shift), 48);
}
