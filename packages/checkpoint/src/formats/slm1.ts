/**
 * SLM1 artifacts. Opening reads header and directory; the first read of a weight or of the tokenizer, or `verify`, pins
 * the file and checks its checksum, so the bytes that are handed out are bytes whose checksum was right.
 */
import { type ByteSource, coreError, type Ledger, type ReadOptions, readRange, sanitizeText } from '@mirust/core';
import { describeModel } from '@mirust/model';
import { readSlm1, type Slm1File } from '@mirust/slm';
import { type ImportedTokenizer, readBpe1, readBtok } from '@mirust/tokenizer';
import type { CheckpointTensor, VerifyOptions } from '../checkpoint.ts';
import type { OpenedHeaders, OpenedModel } from '../opened.ts';
import { pinSource } from '../pinned-source.ts';
import { storedTensor } from '../rows.ts';
import { storedTensorOf } from './slm-tensor.ts';

/** A source that is pinned once, by whoever asks first. */
interface Pin {
  pinned(options?: VerifyOptions): Promise<ByteSource>;
  /** Gives back what the pinned source keeps, now or as soon as it is there. */
  release(): Promise<void>;
}

/** Reads the headers of an SLM1 file. Throws what `readSlm1` throws. */
export async function openSlm1(
  source: ByteSource,
  fileName: string,
  options: ReadOptions = {},
): Promise<OpenedHeaders> {
  const file = await readSlm1(source, { ...signalOf(options), verify: false });
  return {
    format: 'slm1',
    files: [{ name: fileName, source }],
    tensors: file.tensors.map((tensor) => storedTensorOf(tensor, fileName)),
    warnings: [],
    // The reader has held the tokenizer section against it.
    countTokens: () => file.header.hyperparameters.vocabSize,
    describe: ({ ledger } = {}) => describeSlm1(source, fileName, file, ledger),
  };
}

function describeSlm1(source: ByteSource, fileName: string, file: Slm1File, ledger: Ledger | undefined): OpenedModel {
  const { pinned, release } = pinOnce(source, file, ledger);
  const data = pinnedSource(source, pinned);
  const tensors = file.tensors.map(({ name, encoding, shape, offset, scaleOffset }): [string, CheckpointTensor] => {
    const place = { source: data, offset, scaleOffset };
    return [name, storedTensor({ name, sourceName: name, shape, encoding }, place)];
  });
  return {
    format: 'slm1',
    files: [{ name: fileName, source }],
    model: describeModel('llama', file.header.hyperparameters),
    tensors: new Map(tensors),
    // The directory holds hashes of names: one that no contract has is an error of the container.
    strangers: [],
    readFacts: async () => ({}),
    rootDigest: undefined,
    warnings: [],
    verify: async (verifyOptions = {}) => {
      await pinned(verifyOptions);
    },
    release,
    readTokenizer: (readOptions) => readSlm1Tokenizer(data, file, readOptions),
  };
}

function signalOf({ signal }: ReadOptions): ReadOptions {
  return signal === undefined ? {} : { signal };
}

/**
 * Pins a source once. A pinning that fails (an abort, a disk) fails for the caller who started it; another one, also
 * one who waited for it, starts again.
 */
function pinOnce(source: ByteSource, file: Slm1File, ledger: Ledger | undefined): Pin {
  let running: Promise<ByteSource> | undefined;
  async function pinned(options: VerifyOptions = {}): Promise<ByteSource> {
    while (running !== undefined) {
      const result = await running.catch(() => undefined);
      options.signal?.throwIfAborted();
      if (result !== undefined) return result;
    }
    const mine = pin(source, file, { ...options, ledger });
    running = mine;
    try {
      return await mine;
    } catch (error) {
      running = undefined;
      throw error;
    }
  }
  const release = async (): Promise<void> => {
    const made = await running?.catch(() => undefined);
    await made?.close();
  };
  return { pinned, release };
}

async function pin(
  source: ByteSource,
  file: Slm1File,
  options: VerifyOptions & { readonly ledger: Ledger | undefined },
): Promise<ByteSource> {
  const pinned = await pinSource(source, options);
  try {
    // Read again through the pins: header and directory, too, must be those that were opened.
    const again = await readSlm1(pinned, { ...signalOf(options), verify: true });
    if (structureOf(again) === structureOf(file)) return pinned;
  } catch (error) {
    await pinned.close();
    throw error;
  }
  await pinned.close();
  const name = sanitizeText(source.name);
  throw coreError('SOURCE_CHANGED', `${name} was replaced while it was open`, { file: name });
}

/** Header, sections and directory as a text that is equal for equal ones. */
function structureOf({ header, tokenizer, tensors }: Slm1File): string {
  const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  return JSON.stringify([header, tokenizer, tensors], plain);
}

/** A source that pins on first use. */
function pinnedSource(source: ByteSource, pinned: Pin['pinned']): ByteSource {
  return {
    name: source.name,
    byteLength: source.byteLength,
    readInto: async (offset, target, options = {}) => {
      await (await pinned(signalOf(options))).readInto(offset, target, options);
    },
    close: async () => {},
  };
}

async function readSlm1Tokenizer(
  source: ByteSource,
  { tokenizer: { offset, byteLength, kind } }: Slm1File,
  options?: ReadOptions,
): Promise<ImportedTokenizer> {
  const bytes = await readRange(source, offset, byteLength, options);
  return { model: kind === 'BTOK' ? readBtok(bytes, offset) : readBpe1(bytes, offset), warnings: [] };
}
