/** Where the signature of a model lies. */
import { isAbsolute, relative, resolve, sep } from 'node:path';

/** `model.slm` → `model.slm.sig`, `model/` → `model.sig`: beside a directory, not in it. */
export function signaturePathOf(file: string): string {
  const path = file.replace(/[\\/]+$/, '');
  return `${path === '' || path === '.' ? resolve(file) : path}.sig`;
}

/** The path of a signature from a directory on, with slashes; undefined where it lies elsewhere. */
export function pathInside(directory: string, signature: string): string | undefined {
  const path = relative(resolve(directory), resolve(signature));
  return path === '' || path.startsWith('..') || isAbsolute(path) ? undefined : path.split(sep).join('/');
}
