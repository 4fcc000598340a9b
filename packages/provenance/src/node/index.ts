/** @packageDocumentation Keys in files, directories, and certificates, with what Node has for them. */
export { type CertificateSigner, verifyByCertificates } from './certificates.ts';
export { type KeyPairFiles, makeKeyPair, readSigner } from './key-files.ts';
export { type KeylessSigner, type KeylessTrust, verifyKeyless } from './keyless.ts';
export { openTree } from './tree.ts';
