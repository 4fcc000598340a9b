/** Runs the micro-benchmarks and prints a line each. */
import { createCases } from './cases.mjs';
import { compare } from './measure.mjs';

/** Gives the results as rows; `rounds` of each case. */
export async function runMicro(root, rounds) {
  console.log(`medians of ${rounds} rounds, subject and peer alternating; read the ratios\n`);
  const results = [];
  for (const definition of await createCases(root)) {
    const result = await compare(definition, rounds);
    results.push(result);
    const peer = result.ratio === undefined ? '' : `  ${result.ratio.toFixed(2)} × ${result.peerName}`;
    console.log(`${result.name.padEnd(44)} ${result.ours.toFixed(1).padStart(9)} ${result.unit}${peer}`);
  }
  return results;
}
