/** Who vouches for a model, held against the keys that a policy trusts. */
import type { FileSet } from '@mirust/checkpoint';
import { readRange } from '@mirust/core';
import type { HashOptions } from '@mirust/integrity';
import { MAX_SIGNATURE_BYTES, provenanceError, verifySignature } from '@mirust/provenance';
import type { AdmissionFinding } from '@mirust/schemas';
import type { Policy } from './policy/policy.ts';
import { unmet } from './policy/unmet.ts';

/** A signature file: its bytes, or undefined where there is none. */
export type SignatureBytes = Uint8Array | undefined;

/**
 * Findings about signatures. Hashes every file that the signature covers, through `files`: pinned ones, so that what was
 * signed is what is judged. Throws `PROVENANCE_…`, and what reading throws.
 */
export async function checkSignatures(
  files: FileSet | undefined,
  given: SignatureBytes,
  { keys, minimum = 1 }: NonNullable<Policy['signatures']>,
  options: HashOptions = {},
): Promise<AdmissionFinding[]> {
  if (files === undefined) return [unmet('POLICY_SIGNATURE', 'the files that a signature covers are not known')];
  const signature = given ?? (await neighbour(files, options));
  if (signature === undefined) return [unmet('POLICY_SIGNATURE', 'it has no signature')];
  const { keyIds } = await verifySignature({ files, signature, keys, ...options });
  const count = new Set(keyIds).size;
  if (count >= minimum) return [];
  return [unmet('POLICY_SIGNATURE', `${count} of the trusted keys signed it, ${minimum} are demanded`)];
}

/** The signature that lies beside a file, `model.slm.sig` of `model.slm`. */
async function neighbour(files: FileSet, options: HashOptions): Promise<SignatureBytes> {
  const name = `${files.primary}.sig`;
  if (files.primary === undefined || !files.names.includes(name)) return undefined;
  const source = await files.open(name);
  try {
    if (source.byteLength > MAX_SIGNATURE_BYTES) {
      const message = `the signature has ${source.byteLength} bytes`;
      throw provenanceError('PROVENANCE_TOO_LARGE', message, { limit: MAX_SIGNATURE_BYTES, actual: source.byteLength });
    }
    return await readRange(source, 0, source.byteLength, options);
  } finally {
    await source.close();
  }
}
