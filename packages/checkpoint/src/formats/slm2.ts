/**
 * SLM2 artifacts. Opening verifies everything but DATA; every byte of DATA is verified when it is read, so what is
 * handed out is what the root digest names.
 */
import type { ByteSource, ReadOptions } from '@mirust/core';
import { describeModel } from '@mirust/model';
import { openVerifiedData, readSlm2, type Slm2File, verifySlm2Data } from '@mirust/slm';
import { readTokn } from '@mirust/tokenizer';
import type { CheckpointFacts, CheckpointTensor } from '../checkpoint.ts';
import type { OpenedModel } from '../opened.ts';
import { storedTensor } from '../rows.ts';

/** Opens an SLM2 file. Throws what `readSlm2` and `describeModel` throw. */
export async function openSlm2(source: ByteSource, options: ReadOptions = {}): Promise<OpenedModel> {
  const file = await readSlm2(source, options.signal === undefined ? {} : { signal: options.signal });
  const model = describeModel(file.meta.architecture, file.meta.hyperparameters);
  const data = openVerifiedData(source, file);
  const tensors = file.tensors.map(({ name, encoding, shape, offset, scaleOffset }): [string, CheckpointTensor] => {
    return [name, storedTensor({ name, sourceName: name, shape, encoding }, { source: data, offset, scaleOffset })];
  });
  const tokenizerOffset = file.sections.find(({ kind }) => kind === 'TOKN')?.offset ?? 0;
  return {
    format: 'slm2',
    files: [{ name: source.name, source }],
    model,
    tensors: new Map(tensors),
    facts: readFacts(file),
    rootDigest: file.rootDigest,
    warnings: [],
    verify: (verifyOptions = {}) => verifySlm2Data(source, file, verifyOptions),
    readTokenizer: async () => ({ model: readTokn(file.tokenizerBytes, tokenizerOffset), warnings: [] }),
  };
}

function readFacts({ meta }: Slm2File): CheckpointFacts {
  const { name, license, baseModel, chatTemplate, generation } = meta;
  return {
    ...(name === undefined ? {} : { name }),
    ...(license === undefined ? {} : { license }),
    ...(baseModel === undefined ? {} : { baseModel }),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    ...(generation?.eosTokenIds === undefined ? {} : { endOfGeneration: generation.eosTokenIds }),
  };
}
