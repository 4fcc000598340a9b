/** The aims of the engine, as ratios; undefined where a figure is shown without one. */

/** Our decoding rate to that of native llama.cpp, by shape and our encoding. The same file has no shape of its own. */
const NATIVE_DECODE = { '1.1B': { q8: 1.2, q4: 1.2 }, '135M': { q8: 1.4, q4: 1.5 } };
const SAME_FILE_DECODE = 1;
const NATIVE_PREFILL = { q8: 1.3, q4: 0.85 };

/** To the fastest release of wllama. */
const BROWSER_DECODE = { q8: 2.5, q4: 4, Q8_0: 2.5, Q4_0: 2.5 };
const BROWSER_PREFILL = { q8: 6, q4: 9 };

/** What an older Node keeps of the newest one's figure, by threads. */
const OLDER_NODE = { decode: { 1: 0.5, 2: 0.75 }, prefill: { 1: 0.35, 2: 0.35 } };

export function nativeTarget(metric, shape, encoding) {
  if (metric === 'prefill') return NATIVE_PREFILL[encoding];
  return encoding.startsWith('Q') ? SAME_FILE_DECODE : NATIVE_DECODE[shape]?.[encoding];
}

export function browserTarget(metric, encoding) {
  return (metric === 'prefill' ? BROWSER_PREFILL : BROWSER_DECODE)[encoding];
}

export function olderNodeTarget(metric, threads) {
  return OLDER_NODE[metric][threads];
}

/** Decoding at 2,048 positions loses no more than llama.cpp loses. */
export const FAR_POSITION_TARGET = 1;
/** Loading takes at most this much of SHA-256 alone. */
export const LOAD_TARGET = 1.3;
/** Memory stays within this much of plan and allowance. */
export const MEMORY_TARGET = 1;
/** What a process needs beside the plan: Node itself, code, tokenizer. */
export const MEMORY_ALLOWANCE_BYTES = 120e6;
/** Bytes that 1,000 tokens may leave behind, but for noise. */
export const HEAP_TARGET = 0;
/** Quantizing rate to that of llama-quantize. */
export const PACK_TARGET = 2;
