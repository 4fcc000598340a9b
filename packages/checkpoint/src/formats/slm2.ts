/**
 * SLM2 artifacts. Opening verifies everything but DATA; every byte of DATA is verified when it is read, so what is
 * handed out is what the root digest names.
 */
import { type ByteSource, elementCount, type Ledger, type ReadOptions, type RowOffsets } from '@mirust/core';
import { describeModel, type ModelDescription } from '@mirust/model';
import { openVerifiedData, parseStatistic, readSlm2, readSlm2Data, type Slm2File, verifySlm2Data } from '@mirust/slm';
import { readTokn, type TokenizerModel, tokenCount } from '@mirust/tokenizer';
import type { CheckpointTensor, WeightImage } from '../checkpoint.ts';
import type { RawFacts } from '../facts.ts';
import type { OpenedHeaders, OpenedModel } from '../opened.ts';
import type { MappedTensors } from '../problems.ts';
import { storedTensor } from '../rows.ts';
import { storedTensorOf } from './slm-tensor.ts';

/** Reads the headers of an SLM2 file. Throws what `readSlm2` throws. */
export async function openSlm2(
  source: ByteSource,
  fileName: string,
  options: ReadOptions = {},
): Promise<OpenedHeaders> {
  const file = await readSlm2(source, options.signal === undefined ? {} : { signal: options.signal });
  return {
    format: 'slm2',
    files: [{ name: fileName, source }],
    tensors: file.tensors.map((tensor) => storedTensorOf(tensor, fileName)),
    warnings: [],
    countTokens: () => tokenCount(readTokenizer(file).tokens),
    describe: ({ ledger } = {}) => describeSlm2(source, fileName, file, ledger),
  };
}

function describeSlm2(source: ByteSource, fileName: string, file: Slm2File, ledger: Ledger | undefined): OpenedModel {
  const model = describeModel(file.meta.architecture, file.meta.hyperparameters);
  const data = openVerifiedData(source, file, ledger);
  return {
    format: 'slm2',
    files: [{ name: fileName, source }],
    model,
    ...mapTensors(file, model, data),
    image: imageOf(source, file),
    readFacts: async () => factsOf(file),
    rootDigest: file.rootDigest,
    warnings: [],
    verify: (verifyOptions = {}) => verifySlm2Data(source, file, verifyOptions),
    release: () => data.close(),
    readTokenizer: async () => ({ model: readTokenizer(file), warnings: [] }),
  };
}

function readTokenizer(file: Slm2File): TokenizerModel {
  return readTokn(file.tokenizerBytes, file.sections.find(({ kind }) => kind === 'TOKN')?.offset ?? 0);
}

function mapTensors(file: Slm2File, model: ModelDescription, data: ByteSource): MappedTensors {
  const known = new Set(model.contract.map(({ name }) => name));
  const tensors = new Map<string, CheckpointTensor>();
  const strangers: string[] = [];
  for (const { name, encoding, shape, offset, scaleOffset } of file.tensors) {
    const place = { source: data, offset, scaleOffset };
    if (known.has(name)) tensors.set(name, storedTensor({ name, sourceName: name, shape, encoding }, place));
    else strangers.push(name);
  }
  return { tensors, strangers };
}

function imageOf(source: ByteSource, file: Slm2File): WeightImage {
  const places = file.tensors.map(({ name, offset, scaleOffset, scaleByteLength }): [string, RowOffsets] => [
    name,
    { payloadOffset: offset - file.dataOffset, scaleOffset: scaleByteLength > 0 ? scaleOffset - file.dataOffset : 0 },
  ]);
  return {
    byteLength: file.dataByteLength,
    places: new Map(places),
    readInto: (target, options) => readSlm2Data(source, file, target, options),
  };
}

function factsOf(file: Slm2File): RawFacts {
  const { name, license, baseModel, sources, chatTemplate, generation } = file.meta;
  const quantizationError = quantizationErrorOf(file);
  return {
    ...{ name, license, baseModel, sources, chatTemplate },
    endOfGeneration: generation?.eosTokenIds,
    quantizationError,
  };
}

/** See `CheckpointFacts.quantizationError`: the tensors' errors, each with the weight of its values' squares. */
function quantizationErrorOf({ meta, tensors }: Slm2File): number | undefined {
  let errors = 0;
  let values = 0;
  for (const { name, shape } of tensors) {
    const statistics = meta.tensors[name]?.statistics;
    if (statistics === undefined) continue;
    const error = parseStatistic(statistics.rmsError);
    const share = parseStatistic(statistics.relativeRmsError);
    // A tensor without an error, or of zeros alone, says nothing of the size of its values.
    if (error === 0 || share === 0) continue;
    errors += elementCount(shape) * error ** 2;
    values += elementCount(shape) * (error / share) ** 2;
  }
  const total = Math.sqrt(errors / values);
  return Number.isFinite(total) ? total : undefined;
}
