/** A model split over several files, opened and checked against its index as one table. */
import { type ByteSource, inFile, sanitizeText, type Warning } from '@mirust/core';
import { safetensorsError } from './errors.ts';
import type { SafetensorsFile, SafetensorsTensor } from './file.ts';
import type { SafetensorsIndex } from './index-file.ts';
import { readSafetensors, type SafetensorsReadOptions } from './read.ts';

/** One opened file of a model. */
export interface SafetensorsShard {
  readonly source: ByteSource;
  readonly header: SafetensorsFile;
}

/** The opened files of a model and their tensors as one table. */
export interface ShardedSafetensors {
  /** File by file in sorted order, within a file in the order of the data. */
  readonly tensors: readonly SafetensorsTensor[];
  readonly tensorsByName: ReadonlyMap<string, SafetensorsTensor>;
  /** By file name: where the bytes of a tensor are read from, `shards.get(tensor.file)`. */
  readonly shards: ReadonlyMap<string, SafetensorsShard>;
  readonly warnings: readonly Warning[];
  /** Closes every source. Harmless when called twice. */
  close(): Promise<void>;
}

/** Options of {@link openSharded}. */
export type ShardedOptions = Omit<SafetensorsReadOptions, 'file'>;

/**
 * Opens every file of an index, one after the other (hostile headers then cost the memory of one), reads its header
 * and merges the tables. Index and files must agree exactly. `open` is called once per file name, which is a plain
 * name; the sources belong to the result and are closed by it, or before an error is thrown.
 *
 * Throws `SAFETENSORS_SHARD_MISSING_TENSOR`, `SAFETENSORS_SHARD_EXTRA_TENSOR`, `SAFETENSORS_SHARD_DUPLICATE`, and what
 * `open` and `readSafetensors` throw.
 */
export async function openSharded(
  index: SafetensorsIndex,
  open: (file: string) => Promise<ByteSource>,
  options: ShardedOptions = {},
): Promise<ShardedSafetensors> {
  const shards = new Map<string, SafetensorsShard>();
  const tensors: SafetensorsTensor[] = [];
  const tensorsByName = new Map<string, SafetensorsTensor>();
  const sources: ByteSource[] = [];
  const close = async (): Promise<void> => {
    const results = await Promise.allSettled(sources.splice(0).map((source) => source.close()));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };
  try {
    for (const file of index.files) {
      options.signal?.throwIfAborted();
      const source = await open(file);
      sources.push(source);
      const header = await readSafetensors(source, { ...options, file }).catch((error) => {
        throw inFile(error, file);
      });
      shards.set(file, { source, header });
      for (const tensor of header.tensors) addTensor(tensorsByName, index, tensor);
      for (const tensor of header.tensors) tensors.push(tensor);
    }
    checkComplete(index, tensorsByName);
  } catch (error) {
    // The first error counts; a source that also fails to close changes nothing.
    await close().catch(() => undefined);
    throw error;
  }
  const headerWarnings = [...shards.values()].flatMap(({ header }) => header.warnings);
  return { tensors, tensorsByName, shards, warnings: [...headerWarnings, ...totalSizeWarning(index, tensors)], close };
}

function addTensor(table: Map<string, SafetensorsTensor>, index: SafetensorsIndex, tensor: SafetensorsTensor): void {
  const shown = sanitizeText(tensor.name);
  const context = { offset: tensor.offset, tensor: shown, file: tensor.file };
  const listed = index.weightMap.get(tensor.name);
  if (listed === undefined) {
    const message = `${tensor.file} has tensor "${shown}", which the index does not know`;
    throw safetensorsError('SAFETENSORS_SHARD_EXTRA_TENSOR', message, context);
  }
  if (listed !== tensor.file) {
    const message = `${tensor.file} has tensor "${shown}", which the index places in ${listed}`;
    throw safetensorsError('SAFETENSORS_SHARD_DUPLICATE', message, { ...context, expected: listed });
  }
  table.set(tensor.name, tensor);
}

function checkComplete(index: SafetensorsIndex, table: ReadonlyMap<string, SafetensorsTensor>): void {
  for (const [name, file] of index.weightMap) {
    if (table.has(name)) continue;
    const tensor = sanitizeText(name);
    const message = `the index places tensor "${tensor}" in ${file}, which does not have it`;
    throw safetensorsError('SAFETENSORS_SHARD_MISSING_TENSOR', message, { tensor, file });
  }
}

function totalSizeWarning(index: SafetensorsIndex, tensors: readonly SafetensorsTensor[]): Warning[] {
  const stated = index.metadata.get('total_size');
  if (stated === undefined) return [];
  const actual = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (stated === actual) return [];
  const shown = typeof stated === 'number' ? `${stated} bytes` : 'something that is no number';
  return [{ code: 'SAFETENSORS_TOTAL_SIZE', message: `the index states ${shown}, its files have ${actual}` }];
}
