/** A model planned as if it were quantized, and what there is to choose from. */
import type { QuantizationChoice } from './budget/index.ts';
import type { PlanInput } from './input.ts';
import { findFileType } from './mixes/file-types.ts';
import { bitsPerWeight, quantizedEncodings } from './mixes/quantized-encodings.ts';
import { planWeights } from './weights.ts';

/** What a trade-off offers: what mirust-pack writes, and the mixes that are published most. */
const OFFERED: readonly string[] = ['f16', 'q8', 'q4', 'Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'Q3_K_M', 'Q2_K'];

/**
 * The same model with its weights stored as the name says: ours (`q8`), or a file type of llama.cpp (`Q4_K_M`). Throws
 * RangeError for a name that nobody knows.
 */
export function quantizedInput(input: PlanInput, name: string): PlanInput {
  const encodings = quantizedEncodings(input.outline, name, input.encodings);
  const { storedNotes: _notes, quantizationError: _error, ...rest } = input;
  // What is quantized is written anew: by mirust-pack as SLM2, by llama.cpp as GGUF.
  const container = findFileType(name) === undefined || name === name.toLowerCase() ? 'slm2' : 'gguf';
  return { ...rest, encodings, quantization: name, container };
}

/**
 * Ways to store a model in fewer bytes than it has, from the most bits to the fewest, one of those that come out alike.
 * `stored` is the model as it is.
 */
export function quantizationChoices(stored: PlanInput, now: PlanInput = stored): QuantizationChoice[] {
  const { bytes: most } = planWeights(now);
  return OFFERED.map((name): QuantizationChoice => {
    const input = quantizedInput(stored, name);
    const weightBytes = planWeights(input).bytes;
    return { name, input, weightBytes, bitsPerWeight: bitsPerWeight(input.outline, input.encodings) };
  })
    .filter(({ weightBytes }) => weightBytes < most)
    .sort((a, b) => b.weightBytes - a.weightBytes)
    .filter(({ weightBytes }, index, all) => weightBytes !== all[index - 1]?.weightBytes);
}
