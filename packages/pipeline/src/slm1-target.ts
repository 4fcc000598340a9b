/** SLM1 as the target of a conversion. */

import type { ResolvedTensor } from '@mirust/quant';
import { createSlm1Writer, layoutSlm1 } from '@mirust/slm';
import { type TokenizerModel, writeBpe1, writeBtok } from '@mirust/tokenizer';
import type { ConversionRequest } from './request.ts';
import type { ConversionTarget } from './target.ts';

/** Lays an SLM1 file out. Throws what `layoutSlm1` and the tokenizer's writer throw. */
export function createSlm1Target(
  request: ConversionRequest,
  tokenizer: TokenizerModel,
  tensors: readonly ResolvedTensor[],
): ConversionTarget {
  const encodings = new Map(tensors.map(({ name, encoding }) => [name, encoding]));
  const layout = layoutSlm1({
    hyperparameters: request.checkpoint.model.hyperparameters,
    tokenizerBytes: tokenizer.kind === 'byte' ? writeBtok(tokenizer) : writeBpe1(tokenizer),
    encoding: (name) => {
      const encoding = encodings.get(name);
      if (encoding === undefined) throw new RangeError(`no encoding for ${name}`);
      return encoding;
    },
  });
  return {
    byteLength: layout.byteLength,
    recordsSources: false,
    createWriter: (sink) => {
      const writer = createSlm1Writer(layout, sink);
      return { writeTensor: writer.writeTensor, finish: (_statistics, _sources, options) => writer.finish(options) };
    },
  };
}
