/** Rules about what a model says. */
import type { RuleDocs } from './rule-doc.ts';

export const BEHAVIOUR_DOCS: RuleDocs = {
  POLICY_PROBE: {
    about:
      'A wrong rope base, a permuted matrix or a tokenizer of another model breaks no format, and the text turns to nonsense. Greedy decoding has no chance in it, so a few prompts with the exact text that they must give find that. The message shows both texts from shortly before the first character that differs.',
    example: {
      input: {
        described: 'The policy demands " upon a time" behind the prompt "Once", and the model says " in a while".',
      },
      says: 'probe 1 gives " in a while" instead of " upon a time" at character 0',
    },
  },
  POLICY_PERPLEXITY: {
    about:
      'Perplexity says how surprised a model is by each next token of a text; damage and coarse quantization raise it. The ceiling belongs to one text and one tokenizer, so take it from a run over the reviewed model and leave a margin. A result that is no number passes no ceiling.',
    example: {
      input: { described: 'The policy allows a perplexity of 12 over a text, and the model has 15.5.' },
      says: 'the perplexity is 15.500, allowed are 12',
    },
  },
  POLICY_DIVERGENCE: {
    about:
      'Perplexity can stay the same while a model changes its mind about many tokens. The mean Kullback-Leibler divergence from the reference model counts every change of every distribution, so it is the finer measure of what quantization costs. Both models are loaded and must have the same tokens.',
    example: {
      input: {
        described: 'The policy allows a divergence of 0.05 from the f16 model, and the quantized one has 0.25.',
      },
      says: 'the divergence from the reference is 0.25000 nats, allowed are 0.05',
    },
  },
  POLICY_NOT_RUN: {
    about:
      'What a policy demands of the text of a model can only be seen by running it. Too little memory, a text file that is missing, or a caller that brings no runtime leave the question open, and an open question does not pass. A model that has already failed another check is not run at all.',
    example: {
      input: { described: 'The policy demands a text, and the gate was called without anything that runs models.' },
      says: 'there is nothing to run the model with',
    },
  },
};
