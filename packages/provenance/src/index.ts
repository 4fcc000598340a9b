/** @packageDocumentation Signatures of models: DSSE envelopes, in-toto statements, OpenSSF model signatures. */
export { type ArtifactFile, digestArtifact, ROOT_DIGEST } from './artifact.ts';
export { MAX_SIGNATURE_BYTES } from './envelope.ts';
export * from './errors.ts';
export type { FileTree, TreeEntry } from './file-tree.ts';
export { createSigner, type KeyAlgorithm, type PublicKey, parsePublicKey, publicKeyPem, type Signer } from './keys.ts';
export { MODEL_SIGNING_PREDICATE } from './model-signing.ts';
export { describeArtifact, QUANTIZATION_PREDICATE, quantizationOf } from './predicate.ts';
export { type SignedStatement, signStatement } from './sign.ts';
export { readSignatureFile, type SignatureFile, type VerificationMaterial } from './signature-file.ts';
export type { Statement, StatementContent, StatementSubject } from './statement.ts';
export {
  checkStatement,
  type SignatureRequest,
  type SignedFiles,
  type VerifiedSignature,
  verifySignature,
  verifySignatureFile,
} from './verify.ts';
