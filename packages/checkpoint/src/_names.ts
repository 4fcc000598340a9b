/** Names of files that come from a server or from a user, held against what they may be before anything is asked by them. */

/** Longest name of a file: the limit of common file systems. */
const MAX_NAME_CHARACTERS = 255;

/** Longest path of a file in a repository. */
const MAX_PATH_CHARACTERS = 1024;

/** Whether a text names a file in a folder, and nothing elsewhere. */
export function isPlainName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || name.length > MAX_NAME_CHARACTERS) return false;
  return !/[/\\\p{Cc}]/u.test(name);
}

/** Whether a text names a file in a folder or below it, with `/` between. */
export function isPlainPath(path: string): boolean {
  return path.length <= MAX_PATH_CHARACTERS && path.split('/').every(isPlainName);
}
