/** The codes of this package: digests that do not match, and manifests. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** One entry for every way in which a digest or a manifest can be wrong. */
export const INTEGRITY_ERRORS = {
  CHUNK_DIGEST: {
    class: 'integrity',
    when: 'A chunk of data does not have the SHA-256 that the file states for it.',
    remedy: 'Fetch the file again; these bytes are not the ones that were published.',
  },
  MANIFEST_TOO_LARGE: {
    class: 'resource',
    when: 'A manifest is larger than any real one.',
    remedy: 'Check that the file is a manifest.',
  },
  MANIFEST_SYNTAX: {
    class: 'structure',
    when: 'A manifest is not made of key=value lines, or is not JSON.',
    remedy: 'Write the manifest again with mirust-pack manifest.',
  },
  MANIFEST_CONTROL_CHARACTER: {
    class: 'structure',
    when: 'A value of a manifest holds a control character.',
    remedy: 'Write the manifest again with mirust-pack manifest.',
  },
  MANIFEST_VERSION: {
    class: 'unsupported',
    when: 'A manifest has a version that this tool does not know.',
    remedy: 'Use a newer version of this tool, or write the manifest again.',
  },
  MANIFEST_KEY_DUPLICATE: {
    class: 'structure',
    when: 'A manifest states the same key twice.',
    remedy: 'Write the manifest again; readers disagree on which value counts.',
  },
  MANIFEST_KEY_UNKNOWN: {
    class: 'structure',
    when: 'A manifest has a key that its version does not define.',
    remedy: 'Remove the key, or write the manifest again with mirust-pack manifest.',
  },
  MANIFEST_KEY_MISSING: {
    class: 'structure',
    when: 'A manifest lacks a key that its version requires.',
    remedy: 'Write the manifest again with mirust-pack manifest.',
  },
  MANIFEST_VALUE: {
    class: 'structure',
    when: 'A value of a manifest is not one that its key can have.',
    remedy: 'Write the manifest again with mirust-pack manifest.',
  },
} as const;

/** A code of {@link INTEGRITY_ERRORS}. */
export type IntegrityErrorCode = keyof typeof INTEGRITY_ERRORS;

/** Makes an error of this package's table. */
export function integrityError(code: IntegrityErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, INTEGRITY_ERRORS[code], message, context);
}
