/** The commands of mirust-run. What does the work is loaded when a command runs: `--help` is there at once. */
import { defineCommand, EXIT, type Program } from '@mirust/cli';
import {
  BENCH_OPTIONS,
  BENCH_OUTPUT,
  EVAL_OPTIONS,
  EVAL_OUTPUT,
  GENERATE_OPTIONS,
  GENERATE_OUTPUT,
  MODEL_FILE,
  MODEL_OPTIONS,
  TOKENS,
} from './arguments.ts';

/** mirust-run of some version. */
export function createProgram(version: string): Program {
  const generate = defineCommand({
    name: '',
    summary: 'generate text',
    positionals: MODEL_FILE,
    options: { ...GENERATE_OPTIONS, ...MODEL_OPTIONS, ...GENERATE_OUTPUT },
    examples: [
      { arguments: 'story.slm --prompt "Once upon a time"', help: 'tell a story' },
      { arguments: 'model.gguf -p "Hello" --temperature 0.8 --json', help: 'text, ids and diagnostics' },
      { arguments: 'model.slm -p "Hello" --check-leaks', help: 'and then what of its memory was not given back' },
    ],
    statuses: [EXIT.leak],
    run: async (args, context) => (await import('./generate.ts')).generate(args, context),
  });
  const evaluate = defineCommand({
    name: 'eval',
    summary: 'measure mean NLL and perplexity of a text, or check exact cases',
    positionals: MODEL_FILE,
    options: { ...EVAL_OPTIONS, ...MODEL_OPTIONS, ...EVAL_OUTPUT },
    examples: [
      { arguments: 'eval model.slm --text-file heldout.txt', help: 'perplexity' },
      { arguments: 'eval model.slm --cases cases.json --json', help: 'exit status 5 unless every case gives its text' },
    ],
    statuses: [EXIT.mismatch],
    run: async (args, context) => (await import('./eval.ts')).evaluateFile(args, context),
  });
  const bench = defineCommand({
    name: 'bench',
    summary: 'measure prefill and decode, and where their time goes',
    positionals: MODEL_FILE,
    options: { ...BENCH_OPTIONS, ...MODEL_OPTIONS, ...BENCH_OUTPUT },
    examples: [
      { arguments: 'bench model.slm', help: 'tokens per second, latencies, time per kind of operation' },
      { arguments: 'bench model.slm --threads 1 --json', help: 'raw samples' },
    ],
    run: async (args, context) => (await import('./bench.ts')).bench(args, context),
  });
  const tokens = defineCommand({
    name: 'tokens',
    summary: 'show the token ids of a text',
    ...TOKENS,
    examples: [
      { arguments: 'tokens tokenizer.json --text "Hello" --json', help: 'ids as JSON' },
      { arguments: 'tokens model.gguf --text-file story.txt', help: 'ids and their texts' },
    ],
    run: async (args, context) => (await import('./tokens.ts')).tokens(args, context),
  });
  return { name: 'mirust-run', version, main: generate, commands: [evaluate, bench, tokens] };
}
