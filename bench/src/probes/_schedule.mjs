/**
 * What is measured of an engine, the same for all of them. An engine is `{ reset(), feed(tokens), step(token), top()
 * }`: `feed` appends tokens and computes the logits of the last, `step` does so for one token, and `top` says which id
 * has the largest of these logits.
 */
import { tokensFor } from './_tokens.mjs';

/** The prompt and the tokens behind it with which code and threads warm up, and engines are compared. */
const WARM_UP_PROMPT = 32;
const WARM_UP_TOKENS = 8;

/**
 * Runs `{ prefillTokens, prefillRuns, decodeTokens, decodeSeconds, positions }` on an engine. Gives raw samples, for
 * whoever takes medians: `prefill`, tokens per second of each run; `decode[position]`, seconds of each token from that
 * position on; and `tops`, the likeliest id behind each of the first tokens: engines that run the same file agree on
 * them, but for near ties.
 */
export async function measure(engine, plan, vocabSize) {
  const tokens = tokensFor(4096, vocabSize);
  const tops = [];
  await engine.reset();
  await engine.feed(tokens.slice(0, WARM_UP_PROMPT));
  for (let index = 0; index < WARM_UP_TOKENS; index++) {
    tops.push(await engine.top());
    await engine.step(tokens[WARM_UP_PROMPT + index]);
  }
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
    const end = performance.now() + 1000 * plan.decodeSeconds;
    for (let index = 0; index < plan.decodeTokens && performance.now() < end; index++) {
      const start = performance.now();
      await engine.step(tokens[position + index]);
      seconds.push((performance.now() - start) / 1000);
    }
    decode[position] = seconds;
  }
  return { prefill, decode, tops };
}

/** Seconds of all threads of this process so far. */
export function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
