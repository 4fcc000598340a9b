/**
 * A GGUF that llama-gguf-split has cut into files of their own, `NAME-00001-of-00003.gguf`. Each part has a table of its
 * tensors; the first has the metadata of the model, the others those of the split alone:
 *
 * ```
 * split.no             u16   index of the part, from 0
 * split.count          u16   parts
 * split.tensors.count  i32   tensors of all parts
 * ```
 *
 * Source: tools/gguf-split and src/llama-model-loader.cpp of ggml-org/llama.cpp.
 */
import { inFile, type ReadOptions, sanitizeText } from '@mirust/core';
import { ggufError, MAX_GGUF_TENSORS, optionalUint, requireUint, valueContext } from '@mirust/gguf';
import { closeAfterError } from '../_close.ts';
import { checkpointError } from '../errors.ts';
import { type FileSet, hasFile, missingFile } from '../file-set.ts';
import type { OpenedHeaders } from '../opened.ts';
import { type GgufPart, ggufHeaders, readGgufPart, splitCount } from './gguf.ts';

/** Parts of one model, all of which are open at once. The largest published ones have some fifty. */
export const MAX_GGUF_PARTS = 512;

/**
 * The parts of a model as one table, headers only. `named` is the part that the user pointed at; where this throws, the
 * others are closed again. Throws `CHECKPOINT_INCOMPLETE` naming a part that is not there, the codes of the reader, and
 * `GGUF_KEY_RANGE` or `GGUF_DUPLICATE_TENSOR` for parts that do not belong together.
 */
export async function joinGgufParts(named: GgufPart, files: FileSet, options: ReadOptions): Promise<OpenedHeaders> {
  const count = splitCount(named);
  if (count === 1) return ggufHeaders(named);
  const names = partNames(named, count);
  const parts: GgufPart[] = [];
  try {
    for (const [index, name] of names.entries()) {
      const part = name === named.name ? named : await openPart(files, name, options);
      parts.push(part);
      checkPart(part, index, count);
    }
    checkTensors(parts);
    const [first, ...others] = parts as [GgufPart, ...GgufPart[]];
    return ggufHeaders(first, others);
  } catch (error) {
    await closeAfterError(parts.filter((part) => part !== named).map(({ source }) => source));
    throw error;
  }
}

/** Names of all parts in their order, made from the name of one. */
function partNames(part: GgufPart, count: number): string[] {
  const match = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i.exec(part.name);
  const index = Number(match?.[2]);
  const total = Number(match?.[3]);
  if (match === null || index < 1 || index > total) {
    const file = sanitizeText(part.name);
    const remedy = 'Give the parts the names they had, such as model-00001-of-00003.gguf.';
    const message = `${file} is one of ${count} parts of a model, and its name does not say which`;
    throw checkpointError('CHECKPOINT_INCOMPLETE', message, { file, key: 'split.count', actual: count, remedy });
  }
  if (count !== total || count > MAX_GGUF_PARTS)
    throw wrongKey(part, 'split.count', count, Math.min(total, MAX_GGUF_PARTS));
  const suffix = part.name.slice(-5);
  return Array.from({ length: count }, (_, at) => {
    return `${match[1]}-${String(at + 1).padStart(5, '0')}-of-${match[3]}${suffix}`;
  });
}

async function openPart(files: FileSet, name: string, options: ReadOptions): Promise<GgufPart> {
  options.signal?.throwIfAborted();
  if (!(await hasFile(files, name))) {
    throw missingFile(
      name,
      'Put all parts of the model into one directory, or join them with llama-gguf-split --merge.',
    );
  }
  const source = await files.open(name);
  try {
    return await readGgufPart(source, name, options);
  } catch (error) {
    await closeAfterError([source]);
    throw inFile(error, sanitizeText(name));
  }
}

function checkPart(part: GgufPart, index: number, count: number): void {
  const { metadata } = part.header;
  const ownCount = requireUint(metadata, 'split.count');
  if (ownCount !== count) throw wrongKey(part, 'split.count', ownCount, count);
  const ownIndex = requireUint(metadata, 'split.no');
  if (ownIndex !== index) throw wrongKey(part, 'split.no', ownIndex, index);
}

/** Every tensor is in one part, and as many are there as the first part says. */
function checkTensors(parts: readonly GgufPart[]): void {
  const names = new Set<string>();
  for (const { name, header } of parts) {
    for (const tensor of header.tensors) {
      if (names.size === MAX_GGUF_TENSORS) {
        const context = { file: sanitizeText(name), limit: MAX_GGUF_TENSORS };
        throw ggufError('GGUF_HEADER_TOO_LARGE', `the parts have more than ${MAX_GGUF_TENSORS} tensors`, context);
      }
      if (names.has(tensor.name)) {
        const context = { file: sanitizeText(name), tensor: sanitizeText(tensor.name) };
        throw ggufError('GGUF_DUPLICATE_TENSOR', `tensor "${context.tensor}" occurs in two parts`, context);
      }
      names.add(tensor.name);
    }
  }
  const [first] = parts as [GgufPart];
  const stated = optionalUint(first.header.metadata, 'split.tensors.count');
  if (stated !== undefined && stated !== names.size) throw wrongKey(first, 'split.tensors.count', stated, names.size);
}

function wrongKey({ name, header }: GgufPart, key: string, actual: number, expected: number): Error {
  const file = sanitizeText(name);
  const message = `${file}: ${key} is ${actual}, and the parts say ${expected}`;
  return ggufError('GGUF_KEY_RANGE', message, { ...valueContext(header.metadata, key), file, actual, expected });
}
