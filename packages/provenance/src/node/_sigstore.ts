/**
 * What is used of the Sigstore project's libraries, in one module that is loaded when it is needed. They are CommonJS: a
 * bundler gives names to what is imported statically, and none to what `import()` gives.
 */
export { bundleFromJSON } from '@sigstore/bundle';
export { TrustedRoot } from '@sigstore/protobuf-specs';
export { PolicyError, toSignedEntity, toTrustMaterial, VerificationError, Verifier } from '@sigstore/verify';
