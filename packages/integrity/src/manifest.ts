/**
 * The JSON manifest of an artifact (`schemas/manifest.schema.json`): what the file is, what it was made from, how, by
 * what, and which gates it has passed. It quotes the digest of the artifact, so it may travel apart from it.
 */
import { isJsonObject, parseStrictJson, sanitizeText } from '@mirust/core';
import { type ArtifactManifest, validateArtifactManifest } from '@mirust/schemas';
import { canonicalJson, plainJson } from './canonical-json.ts';
import { integrityError } from './errors.ts';

export type { ArtifactManifest } from '@mirust/schemas';

/** Sixteen times the manifest of a model with 5,000 tensors. */
export const MAX_MANIFEST_BYTES: number = 16 * 2 ** 20;

/**
 * Reads a JSON manifest. Throws `MANIFEST_TOO_LARGE`, `INVALID_UTF8` or a `JSON_…` code of the core package for what
 * is not strict JSON (duplicate keys, depth), `MANIFEST_VERSION`, and `MANIFEST_VALUE` where it breaks the schema or
 * names a tensor twice.
 */
export function readManifest(input: string | Uint8Array): ArtifactManifest {
  const byteLength = typeof input === 'string' ? input.length : input.byteLength;
  if (byteLength > MAX_MANIFEST_BYTES) {
    const message = `a manifest of ${byteLength} bytes`;
    throw integrityError('MANIFEST_TOO_LARGE', message, { limit: MAX_MANIFEST_BYTES, actual: byteLength });
  }
  const value = parseStrictJson(input, { what: 'manifest', maxBytes: MAX_MANIFEST_BYTES });
  const version = isJsonObject(value) ? value.get('manifestVersion') : undefined;
  if (version !== undefined && version !== 1) {
    const shown = sanitizeText(typeof version === 'object' ? 'not a number' : String(version));
    throw integrityError('MANIFEST_VERSION', `manifest version ${shown}, expected 1`, { key: 'manifestVersion' });
  }
  const result = validateArtifactManifest(plainJson(value));
  if (!result.ok) {
    const problem = result.errors[0];
    const key = sanitizeText(problem?.path ?? '');
    throw integrityError('MANIFEST_VALUE', `${key || 'the manifest'} ${sanitizeText(problem?.message ?? '')}`, { key });
  }
  const names = new Set<string>();
  for (const { name } of result.value.tensors) {
    if (names.has(name)) throw integrityError('MANIFEST_VALUE', `tensor ${name} is listed twice`, { tensor: name });
    names.add(name);
  }
  return result.value;
}

/**
 * Writes a JSON manifest: indented, keys sorted, the same bytes for the same manifest.
 * Throws TypeError for a value that {@link readManifest} would refuse.
 */
export function writeManifest(manifest: ArtifactManifest): string {
  const sorted: unknown = JSON.parse(canonicalJson(manifest));
  const text = `${JSON.stringify(sorted, undefined, 2)}\n`;
  try {
    readManifest(text);
  } catch (cause) {
    throw new TypeError(`not a manifest: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  return text;
}
