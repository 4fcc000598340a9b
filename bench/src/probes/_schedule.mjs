/**
 * What is measured of an engine, the same for all of them: an engine is `{ reset(), feed(tokens), step(token) }`, where
 * `feed` appends tokens and computes the logits of the last, and `step` does so for one token.
 *
 * Answer: `prefill` tokens per second of each run; `decode[position]` seconds of each token from that position on. Raw
 * samples, for whoever takes medians.
 */
import { tokensFor } from './_tokens.mjs';

/** Tokens decoded before the clock starts, and fed before prefill is measured: code and threads warm up. */
const WARM_UP_TOKENS = 8;

/**
 * Runs `{ prefillTokens, prefillRuns, decodeTokens, positions }` on an engine. Positions ascend; 0 prefill runs or decode
 * tokens leave that part out.
 */
export async function measure(engine, plan, vocabSize) {
  const tokens = tokensFor(4096, vocabSize);
  await engine.reset();
  await engine.feed(tokens.slice(0, WARM_UP_TOKENS));
  for (let index = 0; index < WARM_UP_TOKENS; index++) await engine.step(tokens[index]);
  const prefill = [];
  for (let run = 0; run < plan.prefillRuns; run++) {
    await engine.reset();
    const start = performance.now();
    await engine.feed(tokens.slice(0, plan.prefillTokens));
    prefill.push((1000 * plan.prefillTokens) / (performance.now() - start));
  }
  const decode = {};
  for (const position of plan.positions) {
    await engine.reset();
    await engine.feed(tokens.slice(0, position));
    const seconds = [];
    for (let index = 0; index < plan.decodeTokens; index++) {
      const start = performance.now();
      await engine.step(tokens[position + index]);
      seconds.push((performance.now() - start) / 1000);
    }
    decode[position] = seconds;
  }
  return { prefill, decode };
}
