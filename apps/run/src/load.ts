/** Loads the model of a command line. */
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { type ArgumentsOf, type CommandContext, present, withProgress } from '@mirust/cli';
import { type LoadOptions, loadModel, type Model } from '@mirust/runtime';
import type { MODEL_FILE, MODEL_OPTIONS } from './arguments.ts';

/** Parsed arguments of every command that loads a model. */
export type ModelArguments = ArgumentsOf<typeof MODEL_FILE, typeof MODEL_OPTIONS>;

/**
 * Runs `work` on the model of a command line, loaded with a progress bar; the model is freed however that ends. A ledger in
 * `extra` gets the files too.
 */
export async function withModel<T>(
  args: ModelArguments,
  { signal }: CommandContext,
  extra: LoadOptions,
  work: (model: Model) => Promise<T>,
): Promise<T> {
  const { context, chunk, kv: kvType, backend, threads } = args;
  const files = await openPath(args.file);
  const tokenizer = args.tokenizer === undefined ? undefined : await openPath(args.tokenizer);
  const checkpoint = await openCheckpoint(files, {
    signal,
    ...present({ tokenizer, ledger: extra.ledger }),
  });
  let model: Model;
  try {
    model = await withProgress('loading', (onProgress) =>
      loadModel(checkpoint, { ...present({ context, chunk, kvType, backend, threads }), signal, onProgress, ...extra }),
    );
  } finally {
    await checkpoint.close();
  }
  try {
    return await work(model);
  } finally {
    model.free();
  }
}
