/** Makes the examples of rules about signatures. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FileSet } from '@mirust/checkpoint';
import {
  createSigner,
  digestArtifact,
  parsePublicKey,
  publicKeyPem,
  readSignatureFile,
  type Signer,
  type StatementContent,
  signStatement,
  verifySignature,
} from '@mirust/provenance';
import { type KeylessTrust, verifyByCertificates, verifyKeyless } from '@mirust/provenance/node';
import { files, type Subject } from './_examples.ts';

const ORACLE = fileURLToPath(new URL('../../../fixtures/oracles/model-signing/', import.meta.url));
const oracle = (name: string): Uint8Array => new Uint8Array(readFileSync(`${ORACLE}${name}`));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const MODEL = files({ 'model.gguf': utf8('a model') }, 'model.gguf');
const FOLDER = files({ 'a.safetensors': utf8('a'), 'config.json': utf8('{}') });

const signer = (byte: number): Promise<Signer> => createSigner('ed25519', new Uint8Array(32).fill(byte));
const pem = async (byte: number): Promise<string> => publicKeyPem((await signer(byte)).publicKey);

interface Signed {
  /** What is signed; default the model. */
  readonly signed?: FileSet;
  /** What is held against it; default the same. */
  readonly held?: FileSet;
  /** Whose key is trusted; the signer is 1. */
  readonly trusted?: number;
  readonly statement?: (statement: StatementContent) => object;
  readonly envelope?: (envelope: string) => string;
}

/** Signs files, changes something, and verifies. */
export function signedExample({ signed = MODEL, held = signed, trusted = 1, statement, envelope }: Signed): Subject {
  return async () => {
    const subject = await digestArtifact(signed);
    const content = { subject, predicateType: 'https://example.com/any', predicate: {} };
    const changed = (statement?.(content) ?? content) as StatementContent;
    const made = text(signStatement(changed, [await signer(1)]));
    const signature = utf8(envelope?.(made) ?? made);
    await verifySignature({ files: held, signature, keys: [await pem(trusted)] });
  };
}

/** A signature file that is read and no more. */
export function readExample(json: string): Subject {
  return () => readSignatureFile(utf8(json));
}

/** A public key that is read. */
export function keyExample(name: string): Subject {
  return () => parsePublicKey(name.includes('-----') ? name : text(oracle(name)));
}

/** A bundle with a certificate, verified by a root. */
export function certificateExample(bundle: string, root: string): Subject {
  return () => verifyByCertificates(readSignatureFile(oracle(bundle)), [text(oracle(root))]);
}

/** The keyless bundle with a changed trust, or changed itself. */
export function keylessExample(trust: Partial<KeylessTrust>, change = (bundle: string): string => bundle): Subject {
  const known = {
    trustedRoot: oracle('trusted-root.json'),
    identity: 'signer@example.com',
    issuer: 'https://issuer.example.com',
  };
  return () => verifyKeyless(utf8(change(text(oracle('keyless.sig')))), { ...known, ...trust });
}

export { FOLDER, MODEL };
