/** The small operations: normalisation, rotation, SwiGLU, addition. Sums in f64, results rounded to f32. */

/**
 * output[t] = input[t] / sqrt(mean(input[t]²) + epsilon) · weight (arXiv 1910.07467).
 *
 * @param input, output [tokens, columns]
 * @param weight [columns]
 */
export function rmsNorm(
  input: Float32Array,
  weight: Float32Array,
  output: Float32Array,
  tokens: number,
  epsilon: number,
): void {
  const columns = weight.length;
  for (let t = 0; t < tokens; t++) {
    const at = t * columns;
    let squares = 0;
    for (let c = 0; c < columns; c++) squares += (input[at + c] as number) ** 2;
    const scale = 1 / Math.sqrt(squares / columns + epsilon);
    for (let c = 0; c < columns; c++) output[at + c] = (input[at + c] as number) * scale * (weight[c] as number);
  }
}

/** angles[t] = (cos, sin) of (startPosition + t) · frequency, pair after pair. [tokens, 2 · frequencies] */
export function ropeAngles(
  frequencies: Float64Array,
  startPosition: number,
  tokens: number,
  angles: Float32Array,
): void {
  let at = 0;
  for (let t = 0; t < tokens; t++) {
    for (const frequency of frequencies) {
      const angle = (startPosition + t) * frequency;
      angles[at++] = Math.cos(angle);
      angles[at++] = Math.sin(angle);
    }
  }
}

/**
 * Turns each pair (2i, 2i + 1) of each head by its angle, in place.
 *
 * @param buffer [tokens, heads · headDim]
 * @param angles [tokens, headDim] pairs of cos, sin
 */
export function rotate(buffer: Float32Array, angles: Float32Array, tokens: number, headDim: number): void {
  const columns = buffer.length / tokens;
  for (let t = 0; t < tokens; t++) {
    for (let c = 0; c < columns; c += 2) {
      const at = t * columns + c;
      const angle = t * headDim + (c % headDim);
      const cos = angles[angle] as number;
      const sin = angles[angle + 1] as number;
      const x = buffer[at] as number;
      const y = buffer[at + 1] as number;
      buffer[at] = x * cos - y * sin;
      buffer[at + 1] = x * sin + y * cos;
    }
  }
}

/** output = gate · sigmoid(gate) · up (arXiv 2002.05202). `output` may be `gate`. */
export function swiglu(gate: Float32Array, up: Float32Array, output: Float32Array): void {
  for (let i = 0; i < output.length; i++) {
    const g = gate[i] as number;
    output[i] = (g / (1 + Math.exp(-g))) * (up[i] as number);
  }
}

/** target += input */
export function addInto(target: Float32Array, input: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] as number) + (input[i] as number);
}
