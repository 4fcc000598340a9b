/**
 * What the instruction set of a build can do. This file is the portable build's; `scripts/build.mjs` puts other
 * constants in its place for the other builds. They are compile-time constants: a branch on one costs nothing.
 */

/** Relaxed SIMD: fused multiply-add, and the 8-bit dot in 16-bit lanes. */
export const RELAXED: bool = false;

/** The 8-bit dot that adds into 32-bit lanes is one machine instruction (x86 VNNI, Arm dot product). */
export const FUSED: bool = false;
