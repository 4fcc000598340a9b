/** Plans the load of a model from its header and its tokenizer: no weight is read. */
import { type Checkpoint, type FileSet, layoutCheckpoint, openCheckpoint } from '@mirust/checkpoint';
import { type LayoutRequest, type MemoryLayout, tapeEncoding } from '@mirust/model';
import type { LoadOptions, MeasuredTokenizerKind, TokenizerContainer } from '@mirust/planner';

/** What was planned before anything was measured. */
export interface LoadPlan {
  readonly layout: MemoryLayout;
  readonly load: LoadOptions;
}

/** By format; those that bring no tokenizer to speak of, or read it as an SLM2 does, go as one. */
const CONTAINERS: Readonly<Record<Checkpoint['format'], TokenizerContainer>> = {
  slm1: 'slm2',
  slm2: 'slm2',
  gguf: 'gguf',
  huggingface: 'huggingface',
  llama2c: 'slm2',
};

/** Throws what opening, the tokenizer and the layout throw. */
export async function planLoad(files: FileSet, options: LayoutRequest, signal: AbortSignal): Promise<LoadPlan> {
  const checkpoint = await openCheckpoint(files, { signal });
  try {
    const layout = layoutCheckpoint(checkpoint, options);
    const tokenizer = await checkpoint.readTokenizer({ signal });
    const kind = tokenizer?.model.kind;
    const isOrdered = [...checkpoint.tensors.values()].every(
      ({ encoding, shape }) => tapeEncoding(encoding, shape).layout === encoding.layout,
    );
    const { engine, weights, scratch, history } = layout;
    const load: LoadOptions = {
      tapes: {
        engine: engine.byteLength,
        weights: weights.byteLength,
        workingBuffers: scratch.byteLength,
        kvCache: history.byteLength,
      },
      threads: layout.options.threads,
      container: CONTAINERS[checkpoint.format],
      vocabSize: tokenizer === undefined ? 0 : tokenizer.model.tokens.offsets.length - 1,
      ...(isMeasuredKind(kind) ? { tokenizerKind: kind } : {}),
      tensorCount: checkpoint.tensors.size,
      imageBytes: isOrdered ? (checkpoint.image?.byteLength ?? 0) : 0,
      repacks: !isOrdered || checkpoint.format === 'huggingface',
    };
    return { layout, load };
  } finally {
    await checkpoint.close();
  }
}

function isMeasuredKind(kind: string | undefined): kind is MeasuredTokenizerKind {
  return kind === 'sentencepiece-bpe' || kind === 'byte-level-bpe';
}
