/** What else lies in the directory of a model: MiRust opens none of it, other tools load some of it or run it. */
import type { CheckpointFile, FileSet } from '@mirust/checkpoint';
import { sanitizeText } from '@mirust/core';
import type { AdmissionFinding } from '@mirust/schemas';
import { admissionError } from './errors.ts';
import { findingOf } from './verdict.ts';

/** Weights in forms that MiRust does not open, most of which run code as they are read, and archives. */
const FOREIGN =
  /\.(ggml|bin|pt|pth|ckpt|pkl|pickle|joblib|npy|npz|h5|hdf5|keras|onnx|tflite|pb|msgpack|ot|mlmodel|llamafile|zip|7z|tar|gz|tgz|bz2|xz|zst)$/i;

/** Loaders run code beside a model once they are told to trust it. */
const PROGRAM = /\.(py|pyc|so|dylib|dll|exe|sh)$/i;

/** Names that a message shows. */
const MAX_NAMES_SHOWN = 5;

/** Whether a file is called as weights of other tools and archives are, whatever is in it. */
export function isForeignWeights(name: string): boolean {
  return FOREIGN.test(name);
}

/** A finding about the files in and below a directory that other tools take and that are no part of the checkpoint. */
export async function unsafeNeighbours(files: FileSet, read: readonly CheckpointFile[]): Promise<AdmissionFinding[]> {
  const own = new Set(read.map(({ name }) => name));
  // Who names one of several files means that one.
  const isUnread = (name: string): boolean =>
    files.primary === undefined && /\.safetensors$/i.test(name) && !own.has(name);
  const here = files.names.filter((name) => FOREIGN.test(name) || PROGRAM.test(name) || isUnread(name));
  const below = ((await files.namesBelow?.()) ?? []).filter((name) => FOREIGN.test(name) || PROGRAM.test(name));
  const unsafe = [...here, ...below];
  if (unsafe.length === 0) return [];
  const shown = unsafe.slice(0, MAX_NAMES_SHOWN).map((name) => sanitizeText(name, 60));
  const more = unsafe.length > shown.length ? ` and ${unsafe.length - shown.length} more` : '';
  const message = `other tools load or execute what was not looked at: ${shown.join(', ')}${more}`;
  return [findingOf(admissionError('ADMISSION_UNSAFE_NEIGHBOUR', message))];
}
