/**
 * Verifying a signature: who signed is settled by the signature file and the trusted keys alone; only then files are
 * hashed, and held against what was signed.
 */
import type { FileSet } from '@mirust/checkpoint';
import { type HashOptions, sha256, toHex } from '@mirust/integrity';
import { type ArtifactFile, checkArtifact } from './artifact.ts';
import { provenanceError } from './errors.ts';
import { type FileTree, flatTree } from './file-tree.ts';
import { type PublicKey, parsePublicKey, publicKeyPem } from './keys.ts';
import { checkModelSigning, MODEL_SIGNING_PREDICATE } from './model-signing.ts';
import { QUANTIZATION_PREDICATE, quantizationOf } from './predicate.ts';
import { type SignedStatement, verifyEnvelope } from './sign.ts';
import { readSignatureFile, type SignatureFile } from './signature-file.ts';
import type { Statement } from './statement.ts';

/** The files that a statement is to be about. */
export interface SignedFiles extends HashOptions {
  readonly files: FileSet;
  /** All that is below the directory, for OpenSSF signatures, which cover it; default the files of `files`. */
  readonly tree?: FileTree;
  /** The path of the signature, where it lies in the tree. */
  readonly signaturePath?: string | undefined;
}

/** What to verify. */
export interface SignatureRequest extends SignedFiles {
  /** The bytes of the signature file: a DSSE envelope, or a Sigstore bundle that was signed with a key. */
  readonly signature: Uint8Array;
  /** Who is trusted: public keys in PEM. */
  readonly keys: readonly string[];
}

/** A signature that holds: every digest that it states is that of the files. */
export interface VerifiedSignature extends SignedStatement {
  /** The files, with the digests that were computed. */
  readonly files: readonly ArtifactFile[];
}

/**
 * Verifies a signature by keys, and the very bytes of the artifact. Throws the codes of this package, and what reading the
 * files throws; an SLM2 that is damaged is so by the codes of its own reader. RangeError where no key is given.
 */
export async function verifySignature(request: SignatureRequest): Promise<VerifiedSignature> {
  const { signature, keys, ...files } = request;
  const trusted = await Promise.all(keys.map(parsePublicKey));
  const signed = await verifySignatureFile(readSignatureFile(signature), trusted);
  return { ...signed, files: await checkStatement(signed.statement, files) };
}

/** Who signed a signature file, and what: as {@link verifyEnvelope}, with the hint that a bundle gives at its key. */
export async function verifySignatureFile(
  { envelope, material }: SignatureFile,
  keys: readonly PublicKey[],
): Promise<SignedStatement> {
  if (material.kind !== 'key') {
    const message = 'signed with a certificate, not with a key';
    const remedy =
      'Give the root of the certificate, or for a keyless signature the trusted root, identity and issuer.';
    throw provenanceError('PROVENANCE_NO_SIGNATURE', message, { remedy });
  }
  const { hint } = material;
  if (hint === '') return verifyEnvelope(envelope, keys);
  const hints = await Promise.all(keys.map(hintOf));
  const key = keys[hints.indexOf(hint)];
  if (key === undefined) {
    throw provenanceError('PROVENANCE_NO_SIGNATURE', 'signed with another key than the trusted ones');
  }
  const signatures = envelope.signatures.map(({ bytes }) => ({ keyId: key.keyId, bytes }));
  return verifyEnvelope({ ...envelope, signatures }, [key]);
}

/** How model_signing names a key: the SHA-256 of its PEM. */
async function hintOf(key: PublicKey): Promise<string> {
  return toHex(await sha256(new TextEncoder().encode(publicKeyPem(key))));
}

/** Checks that files are those of a statement, by the rules of its predicate. Throws as {@link verifySignature} does. */
export async function checkStatement(statement: Statement, request: SignedFiles): Promise<readonly ArtifactFile[]> {
  const { files, tree, signaturePath, ...hash } = request;
  if (statement.predicateType === MODEL_SIGNING_PREDICATE) {
    const checked = await checkModelSigning(statement, tree ?? flatTree(files), { ...hash, signaturePath });
    // A model of one file has no name there.
    return checked.map((file) => (file.name === '.' ? { ...file, name: files.primary ?? '.' } : file));
  }
  if (statement.predicateType === QUANTIZATION_PREDICATE) quantizationOf(statement);
  return checkArtifact(statement, files, hash);
}
