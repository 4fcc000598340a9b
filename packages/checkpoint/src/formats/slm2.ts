/**
 * SLM2 artifacts. Opening verifies everything but DATA; every byte of DATA is verified when it is read, so what is
 * handed out is what the root digest names.
 */
import type { ByteSource, Ledger, ReadOptions, RowOffsets } from '@mirust/core';
import { describeModel, type ModelDescription } from '@mirust/model';
import { openVerifiedData, readSlm2, readSlm2Data, type Slm2File, verifySlm2Data } from '@mirust/slm';
import { readTokn } from '@mirust/tokenizer';
import type { CheckpointTensor, WeightImage } from '../checkpoint.ts';
import type { RawFacts } from '../facts.ts';
import type { OpenedModel } from '../opened.ts';
import type { MappedTensors } from '../problems.ts';
import { storedTensor } from '../rows.ts';

/** Opens an SLM2 file. Throws what `readSlm2` and `describeModel` throw. */
export async function openSlm2(
  source: ByteSource,
  fileName: string,
  options: ReadOptions & { readonly ledger?: Ledger } = {},
): Promise<OpenedModel> {
  const file = await readSlm2(source, options.signal === undefined ? {} : { signal: options.signal });
  const model = describeModel(file.meta.architecture, file.meta.hyperparameters);
  const data = openVerifiedData(source, file, options.ledger);
  const tokenizerOffset = file.sections.find(({ kind }) => kind === 'TOKN')?.offset ?? 0;
  return {
    format: 'slm2',
    files: [{ name: fileName, source }],
    model,
    ...mapTensors(file, model, data),
    image: imageOf(source, file),
    facts: readFacts(file),
    rootDigest: file.rootDigest,
    warnings: [],
    verify: (verifyOptions = {}) => verifySlm2Data(source, file, verifyOptions),
    release: () => data.close(),
    readTokenizer: async () => ({ model: readTokn(file.tokenizerBytes, tokenizerOffset), warnings: [] }),
  };
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

function readFacts({ meta }: Slm2File): RawFacts {
  const { name, license, baseModel, sources, chatTemplate, generation } = meta;
  return { name, license, baseModel, sources, chatTemplate, endOfGeneration: generation?.eosTokenIds };
}
