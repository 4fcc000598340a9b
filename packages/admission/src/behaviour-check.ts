/** What a model says, held against what a policy demands. Who calls the gate brings what runs a model. */
import type { Checkpoint } from '@mirust/checkpoint';
import { isMirustError, sanitizeText } from '@mirust/core';
import type { AdmissionFinding } from '@mirust/schemas';
import type { Policy } from './policy/policy.ts';
import { unmet } from './policy/unmet.ts';

/** A model that was loaded from the bytes that the gate looks at. */
export interface RunningModel {
  /** Greedy decoding, a stop by an end token included; an empty prompt stands for the begin token alone. */
  complete(prompt: string, maxTokens: number): Promise<string>;
  /** exp of the mean negative log-likelihood of a token, of a text file named in the policy. */
  perplexity(file: string): Promise<number>;
  /** Mean KL(reference ‖ model) of a token in nats, of a text file; model and text are named in the policy. */
  divergence(reference: string, file: string): Promise<number>;
  free(): Promise<void>;
}

/** Loads a checkpoint to run it. Throws MirustError where that cannot be done. */
export type ModelRunner = (checkpoint: Checkpoint, signal?: AbortSignal) => Promise<RunningModel>;

/** Tokens of a probe that does not say how many. */
const DEFAULT_PROBE_TOKENS = 256;

/** Longest part of a text that a message shows. */
const MAX_SHOWN = 60;

/** Findings about behaviour. What cannot be run leaves the verdict open. */
export async function checkBehaviour(
  checkpoint: Checkpoint,
  demand: NonNullable<Policy['behaviour']>,
  runner: ModelRunner | undefined,
  signal?: AbortSignal,
): Promise<AdmissionFinding[]> {
  if (runner === undefined) return [unmet('POLICY_NOT_RUN', 'there is nothing to run the model with')];
  try {
    const model = await runner(checkpoint, signal);
    try {
      return await judge(model, demand);
    } finally {
      await model.free();
    }
  } catch (error) {
    if (!isMirustError(error)) throw error;
    return [unmet('POLICY_NOT_RUN', `the model could not be run: ${error.message}`)];
  }
}

async function judge(model: RunningModel, demand: NonNullable<Policy['behaviour']>): Promise<AdmissionFinding[]> {
  const { probes = [], perplexity, divergence } = demand;
  const found: AdmissionFinding[] = [];
  for (const [index, { name, prompt, expected, maxTokens = DEFAULT_PROBE_TOKENS }] of probes.entries()) {
    const actual = await model.complete(prompt, maxTokens);
    if (actual === expected) continue;
    const probe = `probe ${name === undefined ? index + 1 : sanitizeText(name)}`;
    found.push(unmet('POLICY_PROBE', `${probe} gives ${difference(actual, expected)}`));
  }
  if (perplexity !== undefined) {
    const actual = await model.perplexity(perplexity.file);
    // A NaN is no perplexity below a ceiling.
    if (!(actual <= perplexity.maximum)) {
      found.push(unmet('POLICY_PERPLEXITY', `the perplexity is ${format(actual)}, allowed are ${perplexity.maximum}`));
    }
  }
  if (divergence !== undefined) {
    const actual = await model.divergence(divergence.reference, divergence.file);
    if (!(actual <= divergence.maximum)) {
      const message = `the divergence from the reference is ${format(actual)} nats, allowed are ${divergence.maximum}`;
      found.push(unmet('POLICY_DIVERGENCE', message));
    }
  }
  return found;
}

function format(value: number): string {
  return value.toPrecision(5);
}

/** Both texts from shortly before the first character that differs. */
function difference(actual: string, expected: string): string {
  let same = 0;
  while (same < actual.length && actual[same] === expected[same]) same++;
  const from = Math.max(0, same - 10);
  const [is, shouldBe] = [actual, expected].map((text) => `"${sanitizeText(text.slice(from, from + MAX_SHOWN))}"`);
  return `${is} instead of ${shouldBe} at character ${from}`;
}
