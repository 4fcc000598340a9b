/**
 * SLM1 artifacts. Opening reads header and directory; the first read of a weight, or `verify`, pins the file and
 * checks its checksum, so the bytes that are handed out are bytes whose checksum was right.
 */
import { type ByteSource, coreError, type ReadOptions, readRange } from '@mirust/core';
import { describeModel } from '@mirust/model';
import { readSlm1, type Slm1File } from '@mirust/slm';
import { type ImportedTokenizer, readBpe1, readBtok } from '@mirust/tokenizer';
import type { CheckpointTensor, VerifyOptions } from '../checkpoint.ts';
import type { OpenedModel } from '../opened.ts';
import { pinSource } from '../pinned-source.ts';
import { storedTensor } from '../rows.ts';

/** Opens an SLM1 file. Throws what `readSlm1` and `describeModel` throw. */
export async function openSlm1(source: ByteSource, options: ReadOptions = {}): Promise<OpenedModel> {
  const file = await readSlm1(source, { ...readOptions(options), verify: false });
  const model = describeModel('llama', file.header.hyperparameters);
  const pinned = pinOnce(source, file);
  const tensors = file.tensors.map(({ name, encoding, shape, offset, scaleOffset }): [string, CheckpointTensor] => {
    const identity = { name, sourceName: name, shape, encoding };
    return [name, storedTensor(identity, { source: lazySource(source, pinned), offset, scaleOffset })];
  });
  return {
    format: 'slm1',
    files: [{ name: source.name, source }],
    model,
    tensors: new Map(tensors),
    facts: {},
    rootDigest: undefined,
    warnings: [],
    verify: async (verifyOptions = {}) => {
      await pinned(verifyOptions);
    },
    readTokenizer: () => readSlm1Tokenizer(source, file),
  };
}

function readOptions({ signal }: ReadOptions): ReadOptions {
  return signal === undefined ? {} : { signal };
}

/** The pinned source, made once. A pinning that failed (an abort, a disk) is tried again by the next caller. */
function pinOnce(source: ByteSource, file: Slm1File): (options?: VerifyOptions) => Promise<ByteSource> {
  let made: Promise<ByteSource> | undefined;
  return (options = {}) => {
    made ??= pin(source, file, options).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function pin(source: ByteSource, file: Slm1File, options: VerifyOptions): Promise<ByteSource> {
  const pinned = await pinSource(source, options);
  // Read again through the pins: header and directory, too, must be those that were opened.
  const again = await readSlm1(pinned, { ...readOptions(options), verify: true });
  if (again.header.checksum !== file.header.checksum) {
    throw coreError('SOURCE_CHANGED', `${source.name} was replaced while it was open`, { file: source.name });
  }
  return pinned;
}

/** A source that pins on first use. */
function lazySource(source: ByteSource, pinned: () => Promise<ByteSource>): ByteSource {
  return {
    name: source.name,
    byteLength: source.byteLength,
    readInto: async (offset, target, options) => (await pinned()).readInto(offset, target, options),
    close: async () => {},
  };
}

async function readSlm1Tokenizer(source: ByteSource, { tokenizer }: Slm1File): Promise<ImportedTokenizer> {
  const bytes = await readRange(source, tokenizer.offset, tokenizer.byteLength);
  const model = tokenizer.kind === 'BTOK' ? readBtok(bytes, tokenizer.offset) : readBpe1(bytes, tokenizer.offset);
  return { model, warnings: [] };
}
