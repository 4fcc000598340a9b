/** What else lies in the directory of a model: MiRust opens none of it, other tools run some of it. */
import type { FileSet } from '@mirust/checkpoint';
import { sanitizeText } from '@mirust/core';
import type { AdmissionFinding } from '@mirust/schemas';
import { admissionError } from './errors.ts';
import { findingOf } from './verdict.ts';

/**
 * Pickles, archives that hold them, and programs, by their names: loaders take pickled weights where they find them, and run
 * code beside a model once they are told to trust it.
 */
const UNSAFE =
  /\.(bin|pt|pth|ckpt|pkl|pickle|joblib|npy|npz|h5|hdf5|keras|py|pyc|so|dylib|dll|exe|sh|zip|7z|tar|gz|tgz)$/i;

/** Names that a message shows. */
const MAX_NAMES_SHOWN = 5;

/** A finding about the files of a directory that other tools execute. */
export function unsafeNeighbours({ names }: FileSet): AdmissionFinding[] {
  const unsafe = names.filter((name) => UNSAFE.test(name));
  if (unsafe.length === 0) return [];
  const shown = unsafe.slice(0, MAX_NAMES_SHOWN).map((name) => sanitizeText(name, 60));
  const more = unsafe.length > shown.length ? ` and ${unsafe.length - shown.length} more` : '';
  const message = `other tools execute files of this directory: ${shown.join(', ')}${more}`;
  return [findingOf(admissionError('ADMISSION_UNSAFE_NEIGHBOUR', message))];
}
