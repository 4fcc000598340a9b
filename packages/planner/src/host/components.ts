/** What a host's process holds besides the tapes of a model. */
import type { PlanComponent } from '@mirust/schemas';
import type { Footprint, HostBaseline, MeasuredTokenizerKind, TokenizerContainer, TokenizerPoint } from './baseline.ts';

/** What it depends on. */
export interface HostOptions {
  /** Of the engine. Default 1. */
  readonly threads?: number;
  /** Tokens of the tokenizer; 0 where the model brings none. */
  readonly vocabSize: number;
  /** Default byte-level-bpe. */
  readonly tokenizerKind?: MeasuredTokenizerKind;
  /** What the model comes in. Default slm2. */
  readonly container?: TokenizerContainer;
  readonly tensorCount: number;
  /** Bytes of the weights' image, where the source is one (SLM2 with interleaved rows); see `digestThreads`. */
  readonly imageBytes?: number;
}

/** Images from which threads take digests: `packages/runtime/src/load.ts`. */
const MIN_BYTES_FOR_DIGEST_THREADS = 64 * 2 ** 20;

/** The parts, for whoever adds them up over time. */
export interface HostParts {
  readonly process: PlanComponent;
  readonly kernels: PlanComponent;
  /** Of the engine: none where it runs on the caller's. */
  readonly threads: readonly PlanComponent[];
  /** Threads that take digests while weights are read; the engine's start when they have ended. */
  readonly digestThreads: number;
  readonly digesting: readonly PlanComponent[];
  /** Besides threads and kernels, while weights are read. */
  readonly loading: readonly PlanComponent[];
  /** All but the process, once the model is loaded. */
  readonly kept: readonly PlanComponent[];
}

/**
 * What a loaded model's process holds besides its tapes, to be added to them. Figures at a measured size are `measured`,
 * those between two sizes or beyond the last are `estimated`. Throws RangeError unless the numbers are whole and not
 * negative, `threads` positive.
 */
export function hostComponents(baseline: HostBaseline, options: HostOptions): PlanComponent[] {
  const { process, kept } = hostParts(baseline, options);
  return [process, ...kept];
}

/** See {@link HostParts}. Throws as {@link hostComponents}. */
export function hostParts(baseline: HostBaseline, options: HostOptions): HostParts {
  const { threads = 1, vocabSize, tokenizerKind, container = 'slm2', tensorCount, imageBytes = 0 } = options;
  requireWhole({ threads, vocabSize, tensorCount, imageBytes });
  if (threads < 1) throw new RangeError('threads must be at least 1, got 0');
  // Browsers hash beside the thread that asks by themselves.
  const needsThreads = baseline.host === 'node' && threads > 1;
  const digestThreads = needsThreads && imageBytes >= MIN_BYTES_FOR_DIGEST_THREADS ? threads : 0;
  const tokenizer = tokenizerFootprint(baseline, container, tokenizerKind, vocabSize);
  const tensors = baseline.tensors[container] ?? baseline.tensors.slm2;
  const measured = (name: string, bytes: number): PlanComponent => ({ name, bytes, kind: 'measured' });
  const estimated = (name: string, bytes: number): PlanComponent => ({ name, bytes, kind: 'estimated' });
  const tokenizerRow = (bytes: number): PlanComponent => ({
    name: 'tokenizer',
    bytes,
    kind: tokenizer.isMeasured ? 'measured' : 'estimated',
  });
  const kernels = measured('compiled code', baseline.kernelBytes);
  const engine = threads > 1 ? [measured('engine threads', baseline.poolBytes + threads * baseline.threadBytes)] : [];
  const ended = digestThreads > 0 ? [measured('ended threads', digestThreads * baseline.endedThreadBytes)] : [];
  return {
    process: measured('host process', baseline.processBytes),
    kernels,
    threads: engine,
    digestThreads,
    digesting: digestThreads > 0 ? [measured('digest threads', digestThreads * baseline.threadBytes)] : [],
    loading: [
      tokenizerRow(tokenizer.loadingBytes),
      estimated('objects of tensors', tensorCount * tensors.loadingBytes),
    ],
    kept: [
      kernels,
      ...engine,
      ...ended,
      tokenizerRow(tokenizer.keptBytes),
      estimated('objects of tensors', tensorCount * tensors.keptBytes),
    ],
  };
}

/** Live JavaScript objects and ArrayBuffers outside the model's memory, once it is loaded. Throws as {@link hostComponents}. */
export function hostHeap(
  { processHeapBytes, heap, arrayBuffers }: HostBaseline,
  { vocabSize, tensorCount }: Pick<HostOptions, 'vocabSize' | 'tensorCount'>,
): { readonly heapBytes: number; readonly arrayBuffersBytes: number } {
  requireWhole({ vocabSize, tensorCount });
  return {
    heapBytes: processHeapBytes + heap.modelBytes + tensorCount * heap.tensorBytes,
    arrayBuffersBytes: arrayBuffers.modelBytes + vocabSize * arrayBuffers.tokenBytes,
  };
}

function requireWhole(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${name} must be a non-negative integer, got ${value}`);
    }
  }
}

/** Linear between two measured sizes; beyond the last, in proportion to it. */
function tokenizerFootprint(
  { tokenizers }: HostBaseline,
  container: TokenizerContainer,
  kind: MeasuredTokenizerKind = 'byte-level-bpe',
  vocabSize: number,
): Footprint & { readonly isMeasured: boolean } {
  const exactly = tokenizers.find((entry) => entry.container === container && entry.kind === kind);
  const curve = exactly ?? tokenizers.find((entry) => entry.container === container) ?? tokenizers.at(-1);
  const points = curve?.points ?? [];
  const above = points.findIndex((point) => point.vocabSize >= vocabSize);
  const upper = points[above] ?? points.at(-1);
  // Below the first size there is next to nothing.
  if (upper === undefined || above === 0) return { keptBytes: 0, loadingBytes: 0, isMeasured: true };
  if (upper.vocabSize === vocabSize) return { ...upper, isMeasured: exactly !== undefined };
  const lower: TokenizerPoint =
    above > 0 ? (points[above - 1] as TokenizerPoint) : { vocabSize: 0, keptBytes: 0, loadingBytes: 0 };
  const share = (vocabSize - lower.vocabSize) / (upper.vocabSize - lower.vocabSize);
  const at = (from: number, to: number): number => Math.round(from + share * (to - from));
  return {
    keptBytes: at(lower.keptBytes, upper.keptBytes),
    loadingBytes: at(lower.loadingBytes, upper.loadingBytes),
    isMeasured: false,
  };
}
