/** Options that every command of mirust-run that loads a model shares. */
import { type Checkpoint, openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { type CommandContext, createProgress } from '@mirust/cli';
import { type LoadOptions, loadModel, type Model } from '@mirust/runtime';
import type { Argv, InferredOptionTypes } from 'yargs';

/** Option table, for `yargs.options`. */
export const MODEL_OPTIONS = {
  tokenizer: {
    type: 'string',
    requiresArg: true,
    describe: "file or directory to take the tokenizer from, instead of the model's own",
  },
  context: {
    type: 'number',
    requiresArg: true,
    describe: 'positions of the cache (default: as the model declares, at most 4096)',
  },
  kv: { choices: ['f32', 'f16', 'q8'] as const, default: 'f32' as const, describe: 'type of the key/value cache' },
  chunk: { type: 'number', requiresArg: true, describe: 'tokens per prefill run (default 64)' },
  threads: {
    type: 'number',
    requiresArg: true,
    describe: 'threads of the wasm backend; the reference backend runs on one',
  },
  backend: {
    choices: ['auto', 'reference', 'wasm'] as const,
    default: 'auto' as const,
    describe: 'what executes the model',
  },
} as const;

/** Parsed {@link MODEL_OPTIONS}. */
export type ModelArguments = InferredOptionTypes<typeof MODEL_OPTIONS>;

/** Adds the file argument and the shared options to a command. */
export function withModelOptions<T>(parser: Argv<T>): Argv<T & ModelArguments & { file: string }> {
  return parser
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: '.slm, .gguf, .bin (llama2.c) or Hugging Face directory',
    })
    .options(MODEL_OPTIONS) as unknown as Argv<T & ModelArguments & { file: string }>;
}

/** Loads the model of a command line, with a progress bar. The caller frees it. */
export async function loadFromArguments(
  file: string,
  args: ModelArguments,
  context: CommandContext,
  extra: LoadOptions = {},
): Promise<Model> {
  const { threads } = args;
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads >= 1)) {
    throw new RangeError(`threads must be a positive integer, got ${threads}`);
  }
  const checkpoint = await openFromArguments(file, args.tokenizer, context);
  const progress = createProgress('loading');
  try {
    return await loadModel(checkpoint, {
      ...(args.context === undefined ? {} : { context: args.context }),
      ...(args.chunk === undefined ? {} : { chunk: args.chunk }),
      kvType: args.kv,
      backend: args.backend,
      signal: context.signal,
      onProgress: progress.update,
      ...extra,
    });
  } finally {
    progress.stop();
    await checkpoint.close();
  }
}

async function openFromArguments(
  file: string,
  tokenizer: string | undefined,
  context: CommandContext,
): Promise<Checkpoint> {
  const files = await openPath(file);
  return openCheckpoint(files, {
    signal: context.signal,
    ...(tokenizer === undefined ? {} : { tokenizer: await openPath(tokenizer) }),
  });
}
