/** The listing of a model that the Hub's API gives: text of a stranger, of which the names of files are taken. */
import { isJsonArray, isJsonObject, type JsonValue, parseStrictJson, sanitizeText } from '@mirust/core';
import { isPlainPath } from './_names.ts';
import { hubError } from './hub-errors.ts';

/** The answer names every file, and holds the model card and the configuration: a few kB, for some models a megabyte. */
export const MAX_HUB_LISTING_BYTES: number = 8 * 2 ** 20;

/** Files of one model. Those with every quantization in parts have some hundreds, with checkpoints of training thousands. */
const MAX_HUB_FILES = 20_000;

/** Values of the whole answer: three for each file, and what cards say. */
const MAX_HUB_VALUES: number = 2 ** 18;

/**
 * Names of all files, plain paths, in the order of the answer; `bytes` are undefined where it was longer than the limit.
 * Throws `HUB_ANSWER` for anything that is no listing, or holds a name that no file has.
 */
export function readHubListing(bytes: Uint8Array | undefined, shown: string): readonly string[] {
  if (bytes === undefined) throw refuse(shown, `is listed in more than ${MAX_HUB_LISTING_BYTES} bytes`);
  let value: JsonValue;
  try {
    const limits = { maxBytes: MAX_HUB_LISTING_BYTES, maxValues: MAX_HUB_VALUES, maxContainers: MAX_HUB_VALUES };
    value = parseStrictJson(bytes, { what: 'the answer of the Hub', ...limits });
  } catch (cause) {
    throw refuse(shown, 'is listed by something that is not JSON', cause);
  }
  const siblings = isJsonObject(value) ? value.get('siblings') : undefined;
  if (!isJsonArray(siblings)) throw refuse(shown, 'is listed without its files');
  if (siblings.length > MAX_HUB_FILES) throw refuse(shown, `is listed with ${siblings.length} files`);
  const names = siblings.map((sibling) => {
    const name = isJsonObject(sibling) ? sibling.get('rfilename') : undefined;
    if (typeof name === 'string' && isPlainPath(name)) return name;
    const actual = typeof name === 'string' ? `"${sanitizeText(name)}"` : 'something that is no name';
    throw refuse(shown, `is listed with the file ${actual}`);
  });
  return [...new Set(names)];
}

function refuse(shown: string, what: string, cause?: unknown): Error {
  return hubError('HUB_ANSWER', `${shown} ${what}`, cause === undefined ? {} : { cause });
}
