/** Runs models for the gate, where a policy demands something of what they say. */
import { join } from 'node:path';
import type { ModelRunner } from '@mirust/admission';
import { type Checkpoint, openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { asUsage, readTextFile, UsageError } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';
import { DEFAULT_CHUNK } from '@mirust/model';
import { evaluate, loadModel, type Model, measureDivergence, splitDocuments } from '@mirust/runtime';

/** A runner; files that the policy names lie in `folder`. Throws UsageError for a text without a token to predict. */
export function createRunner(folder: string, signal: AbortSignal): ModelRunner {
  const load = (checkpoint: Checkpoint): Promise<Model> => loadModel(checkpoint, { logitsRows: DEFAULT_CHUNK, signal });

  async function documentsOf(file: string): Promise<string[]> {
    const documents = splitDocuments(await readTextFile(join(folder, file), { signal }));
    if (documents.length === 0) throw new UsageError(`${sanitizeText(file)} has no text`);
    return documents;
  }

  async function loadReference(path: string): Promise<Model> {
    const checkpoint = await openCheckpoint(await openPath(join(folder, path)), { signal });
    try {
      return await load(checkpoint);
    } finally {
      await checkpoint.close();
    }
  }

  return async (checkpoint) => {
    const model = await load(checkpoint);
    return {
      complete: async (prompt, maxTokens) => (await model.complete(prompt, { maxTokens, signal })).text,
      async perplexity(file) {
        const documents = await documentsOf(file);
        return (await asUsageAsync(() => evaluate(model, documents, { signal }))).perplexity;
      },
      async divergence(path, file) {
        const documents = await documentsOf(file);
        const reference = await loadReference(path);
        try {
          return (await asUsageAsync(() => measureDivergence(model, reference, documents, { signal }))).meanKl;
        } finally {
          reference.free();
        }
      },
      async free() {
        model.free();
      },
    };
  };
}

/** A text that has no token to predict is a mistake of the policy. */
async function asUsageAsync<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return asUsage(() => {
      throw error;
    });
  }
}
