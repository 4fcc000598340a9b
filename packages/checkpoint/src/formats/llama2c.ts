/**
 * llama2.c files: f32 tensors in a fixed order without a directory, all layers of one kind behind each other.
 *
 * ```
 * version 0   embedding · attn_norm · wq · wk · wv · wo · ffn_norm · w1 · w2 · w3 · norm · rotary tables · [output]
 * version 1   attn_norm · ffn_norm · norm · embedding · wq · wk · wv · wo · w1 · w2 · w3 · [output]
 * ```
 * Rows of wq and wk are in pair order, like ours. theta is 10,000 and epsilon 1e-5: `run.c` has them built in.
 */
import { type ByteSource, createEncoding, elementCount, type ReadOptions, readRange } from '@mirust/core';
import { describeModel, type TensorSpec } from '@mirust/model';
import type { CheckpointTensor } from '../checkpoint.ts';
import type { FileSet } from '../file-set.ts';
import type { OpenedHeaders } from '../opened.ts';
import { storedTensor } from '../rows.ts';
import { readLlama2cTokenizer } from '../tokenizers.ts';
import { LLAMA2C_HEADER_BYTES, type Llama2cHeader, readLlama2cHeader, ropeTableBytes } from './llama2c-header.ts';

const VERSION_0_ORDER = ['tok_embeddings', 'attn_norm', 'wq', 'wk', 'wv', 'wo', 'ffn_norm', 'w1', 'w2', 'w3', 'norm'];
const VERSION_1_ORDER = ['attn_norm', 'ffn_norm', 'norm', 'tok_embeddings', 'wq', 'wk', 'wv', 'wo', 'w1', 'w2', 'w3'];

/** Reads the header of a llama2.c file. Throws `LLAMA2C_HEADER`, `LLAMA2C_VERSION`, and what `describeModel` throws. */
export async function openLlama2c(
  source: ByteSource,
  fileName: string,
  files: FileSet,
  options?: ReadOptions,
): Promise<OpenedHeaders> {
  const head = await readRange(source, 0, Math.min(LLAMA2C_HEADER_BYTES, source.byteLength), options);
  const header = readLlama2cHeader(head, source.byteLength);
  const model = describeModel('llama', {
    vocabSize: header.vocabSize,
    hiddenSize: header.dim,
    layerCount: header.layers,
    headCount: header.heads,
    kvHeadCount: header.kvHeads,
    headDim: header.dim / header.heads,
    ffnSize: header.hiddenDim,
    maxContext: header.sequenceLength,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-5,
    tiedOutput: header.tiedOutput,
  });
  const tensors = placeTensors(header, model.contract, source);
  const common = { format: 'llama2c', files: [{ name: fileName, source }], warnings: [] } as const;
  return {
    ...common,
    // Nothing is named in such a file: its sizes decide what lies where, and the names are ours.
    tensors: [...tensors.values()].map(({ name, shape, encoding }) => {
      return { name, shape, encoding, byteLength: elementCount(shape) * 4, file: fileName };
    }),
    describe: () => ({
      ...common,
      model,
      tensors,
      strangers: [],
      readFacts: async () => ({}),
      rootDigest: undefined,
      verify: async () => {},
      readTokenizer: (readOptions) => readLlama2cTokenizer(files, header.vocabSize, readOptions),
    }),
  };
}

function placeTensors(
  header: Llama2cHeader,
  contract: readonly TensorSpec[],
  source: ByteSource,
): ReadonlyMap<string, CheckpointTensor> {
  const specs = new Map(contract.map((spec) => [spec.name, spec]));
  const tensors = new Map<string, CheckpointTensor>();
  let offset = header.headerBytes;
  const place = (name: string): void => {
    const spec = specs.get(name);
    if (spec === undefined) throw new Error(`${name} is not in the contract`);
    const encoding = createEncoding('f32', spec.shape);
    const identity = { name, sourceName: name, shape: spec.shape, encoding };
    tensors.set(name, storedTensor(identity, { source, offset, scaleOffset: 0 }));
    offset += elementCount(spec.shape) * 4;
  };
  for (const kind of header.version === 0 ? VERSION_0_ORDER : VERSION_1_ORDER) {
    if (kind === 'tok_embeddings' || kind === 'norm') {
      place(`${kind}.weight`);
      continue;
    }
    for (let layer = 0; layer < header.layers; layer++) place(`layers.${layer}.${kind}.weight`);
  }
  offset += ropeTableBytes(header);
  if (!header.tiedOutput) place('output.weight');
  return tensors;
}
