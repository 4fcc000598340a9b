/** The codes of this package: what is wrong with a signature, or with what it says of an artifact. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** Error table of `@mirust/provenance`. */
export const PROVENANCE_ERRORS = {
  PROVENANCE_ENVELOPE: {
    class: 'provenance',
    when: 'A signature file is not a DSSE envelope: no strict JSON, a field is missing or of the wrong type, or not base64.',
    remedy: 'Fetch the signature again, or sign the artifact again with mirust-admit sign.',
  },
  PROVENANCE_TOO_LARGE: {
    class: 'provenance',
    when: 'A signature file, or a list in it, is larger than any real one.',
    remedy: 'Check that this is the signature and not the artifact.',
  },
  PROVENANCE_BUNDLE: {
    class: 'provenance',
    when: 'A Sigstore bundle is of another version or kind than model signatures are, or a field is missing.',
    remedy: 'Sign the model again with a current version of model_signing.',
  },
  PROVENANCE_PAYLOAD_TYPE: {
    class: 'provenance',
    when: 'What is signed is of another type than an in-toto statement in JSON.',
    remedy: 'Check that this is the signature of a model.',
  },
  PROVENANCE_KEY: {
    class: 'provenance',
    when: 'A key is not one in PEM: a public key as SubjectPublicKeyInfo, a private one as PKCS#8 without a password.',
    remedy: 'Give a file as mirust-admit keygen writes it.',
  },
  PROVENANCE_KEY_ALGORITHM: {
    class: 'provenance',
    when: 'A key is of an algorithm other than Ed25519 and ECDSA over P-256, P-384 and P-521 with uncompressed points.',
    remedy: 'Make a key with mirust-admit keygen.',
  },
  PROVENANCE_NO_SIGNATURE: {
    class: 'provenance',
    when: 'A signature file has no signature by a key that is trusted.',
    remedy: 'Check that the public key is that of the signer.',
  },
  PROVENANCE_SIGNATURE: {
    class: 'provenance',
    when: 'A signature that is said to be by a trusted key is not valid for what it is over.',
    remedy: 'Do not use the artifact; the signature file was changed.',
  },
  PROVENANCE_STATEMENT: {
    class: 'provenance',
    when: 'What is signed is not an in-toto statement, version 1.',
    remedy: 'Sign the artifact again.',
  },
  PROVENANCE_PREDICATE: {
    class: 'provenance',
    when: 'What a statement says of its artifact does not follow the schema of its predicate type.',
    remedy: 'Sign the artifact again.',
  },
  PROVENANCE_DIGEST_ALGORITHM: {
    class: 'provenance',
    when: 'A statement has no digest of a file by an algorithm that can be checked.',
    remedy: 'Sign the artifact again with SHA-256.',
  },
  PROVENANCE_SUBJECT: {
    class: 'provenance',
    when: 'A signature is valid, but of another artifact: a digest differs.',
    remedy: 'Fetch the artifact and its signature again, together; do not use the artifact otherwise.',
  },
  PROVENANCE_FILE_UNSIGNED: {
    class: 'provenance',
    when: 'A directory has a file that its signature does not cover.',
    remedy: 'Remove the file, or sign the directory again.',
  },
  PROVENANCE_FILE_MISSING: {
    class: 'provenance',
    when: 'A file that a signature covers is not there.',
    remedy: 'Fetch the model again.',
  },
  PROVENANCE_LINK: {
    class: 'provenance',
    when: 'A directory has a symbolic link or a special file, which a signature of files does not cover.',
    remedy: 'Replace the link by the file that it points to.',
  },
  PROVENANCE_CERTIFICATE: {
    class: 'provenance',
    when: 'A signing certificate does not lead to a trusted root, is outside its validity, or is not for signing.',
    remedy: 'Give the root and the intermediate certificates of the signer.',
  },
  PROVENANCE_TRUSTED_ROOT: {
    class: 'provenance',
    when: 'A trusted root is not one of Sigstore: keys and certificates of its authorities in JSON.',
    remedy: 'Give the trusted_root.json of the Sigstore instance that was signed with.',
  },
  PROVENANCE_TRANSPARENCY: {
    class: 'provenance',
    when: 'The certificate, timestamp or log entry of a keyless signature is not confirmed by the trusted root.',
    remedy: 'Check that the trusted root is that of the Sigstore instance that was signed with, and current.',
  },
  PROVENANCE_IDENTITY: {
    class: 'provenance',
    when: 'A keyless signature is by another identity, or the identity was confirmed by another issuer.',
    remedy: 'Check who is to sign; do not use the artifact otherwise.',
  },
} as const;

/** A code of {@link PROVENANCE_ERRORS}. */
export type ProvenanceErrorCode = keyof typeof PROVENANCE_ERRORS;

/** Makes an error of this package's table. */
export function provenanceError(code: ProvenanceErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, PROVENANCE_ERRORS[code], message, context);
}
