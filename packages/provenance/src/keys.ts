/**
 * Keys: Ed25519 (RFC 8032) and ECDSA over P-256, P-384 and P-521 with the hash of its size (FIPS 186-5).
 *
 * The key decides the algorithm, never the signature: a file cannot talk a verifier into another one. A public key of one
 * of these algorithms has exactly one encoding in DER, a fixed prefix in front of its bytes, so it is compared, not parsed.
 *
 * What is accepted:
 * - Ed25519 as RFC 8032 says: no points that are not in canonical form, no keys of small order.
 * - ECDSA in DER, which cosign, in-toto, securesystemslib and model_signing write; r and s side by side are not.
 * - s above half of the group's order, because OpenSSL makes every second signature like that. So a third person can turn
 *   a signature into another valid one of the same bytes by the same key. That forges nothing, and nothing here takes the
 *   bytes of a signature for an identity. Ours have the lower s.
 */
import { sanitizeText } from '@mirust/core';
import { fromHex, sha256, toHex } from '@mirust/integrity';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { decodeBase64, encodeBase64 } from './_base64.ts';
import { provenanceError } from './errors.ts';

/** An algorithm of signatures. */
export type KeyAlgorithm = 'ed25519' | 'p256' | 'p384' | 'p521';

/** Someone who is trusted. */
export interface PublicKey {
  readonly algorithm: KeyAlgorithm;
  /** SHA-256 of the key as SubjectPublicKeyInfo in DER, hexadecimal: what `keyid` is in our envelopes. */
  readonly keyId: string;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array<ArrayBuffer>;
  /** Ed25519: 32 bytes; the others: an uncompressed point. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Someone who signs. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** Signs; the same signature for the same bytes (RFC 8032, RFC 6979). */
  sign(message: Uint8Array): Uint8Array;
}

/** Verifies in DER, with either s. */
const ECDSA = { format: 'der', lowS: false } as const;

interface Algorithm {
  readonly name: KeyAlgorithm;
  /** In front of the key's bytes in SubjectPublicKeyInfo: algorithm, curve, and the head of the bit string. */
  readonly spkiPrefix: Uint8Array;
  readonly byteLength: number;
  isKey(bytes: Uint8Array): boolean;
  verify(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean;
  publicKeyOf(secretKey: Uint8Array): Uint8Array;
  sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array;
}

function ecdsa(name: KeyAlgorithm, curve: typeof p256, spkiPrefix: string): Algorithm {
  return {
    name,
    spkiPrefix: fromHex(spkiPrefix),
    byteLength: 1 + 2 * curve.Point.Fp.BYTES,
    isKey: (bytes) => curve.utils.isValidPublicKey(bytes, false),
    verify: (signature, message, key) => curve.verify(signature, message, key, ECDSA),
    publicKeyOf: (secretKey) => curve.getPublicKey(secretKey, false),
    sign: (message, secretKey) => curve.sign(message, secretKey, { format: 'der', lowS: true }),
  };
}

const ALGORITHMS: readonly Algorithm[] = [
  {
    name: 'ed25519',
    spkiPrefix: fromHex('302a300506032b6570032100'),
    byteLength: 32,
    isKey: (bytes) => ed25519.utils.isValidPublicKey(bytes, false),
    verify: (signature, message, key) => ed25519.verify(signature, message, key, { zip215: false }),
    publicKeyOf: (secretKey) => ed25519.getPublicKey(secretKey),
    sign: (message, secretKey) => ed25519.sign(message, secretKey),
  },
  ecdsa('p256', p256, '3059301306072a8648ce3d020106082a8648ce3d030107034200'),
  ecdsa('p384', p384, '3076301006072a8648ce3d020106052b81040022036200'),
  ecdsa('p521', p521, '30819b301006072a8648ce3d020106052b8104002303818600'),
];

/** Longest key in PEM; that of P-521 has 268 bytes. */
const MAX_PEM_CHARACTERS = 4096;

/**
 * Reads a public key: one block `PUBLIC KEY` in PEM, with whatever text around it (RFC 7468 allows it). Throws `PROVENANCE_KEY` for what is none and for a point that is not
 * on its curve, `PROVENANCE_KEY_ALGORITHM` for a key of another algorithm.
 */
export async function parsePublicKey(pem: string): Promise<PublicKey> {
  const isShort = pem.length <= MAX_PEM_CHARACTERS;
  const blocks = isShort ? [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----\s([A-Za-z0-9+/=\s]+)-----END \1-----/g)] : [];
  const [, label, body] = blocks[0] ?? [];
  if (label === undefined || body === undefined || blocks.length > 1) {
    throw provenanceError('PROVENANCE_KEY', 'not one key in PEM');
  }
  if (label !== 'PUBLIC KEY') throw provenanceError('PROVENANCE_KEY', `a "${sanitizeText(label)}", not a public key`);
  const spki = decodeBase64(body.replaceAll(/\s/g, ''));
  if (spki === undefined) throw provenanceError('PROVENANCE_KEY', 'the key is not base64');
  return publicKeyOf(spki);
}

/** A key from its SubjectPublicKeyInfo. Throws as {@link parsePublicKey} does. */
export async function publicKeyOf(spki: Uint8Array<ArrayBuffer>): Promise<PublicKey> {
  const algorithm = ALGORITHMS.find(
    ({ spkiPrefix, byteLength }) =>
      spki.byteLength === spkiPrefix.byteLength + byteLength && spkiPrefix.every((byte, index) => spki[index] === byte),
  );
  if (algorithm === undefined) {
    throw provenanceError('PROVENANCE_KEY_ALGORITHM', 'the key is of an algorithm that is not supported');
  }
  const bytes = spki.slice(algorithm.spkiPrefix.byteLength);
  if (!algorithm.isKey(bytes)) throw provenanceError('PROVENANCE_KEY', 'the key is not a point of its curve');
  return { algorithm: algorithm.name, keyId: toHex(await sha256(spki)), spki, bytes };
}

/** A key in PEM, as OpenSSL writes it. */
export function publicKeyPem({ spki }: PublicKey): string {
  const lines = encodeBase64(spki).match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`;
}

/** Whether a signature is by a key, over exactly these bytes. Never throws for a bad signature. */
export function verifyMessage(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return algorithmOf(key.algorithm).verify(signature, message, key.bytes);
  } catch {
    // The library's word on bytes that are no signature at all.
    return false;
  }
}

/** A signer with the secret bytes of its key (Ed25519: the seed). Throws RangeError for bytes that are no such key. */
export async function createSigner(algorithm: KeyAlgorithm, secretKey: Uint8Array): Promise<Signer> {
  const { spkiPrefix, publicKeyOf: derive, sign } = algorithmOf(algorithm);
  let bytes: Uint8Array;
  try {
    bytes = derive(secretKey);
  } catch (cause) {
    throw new RangeError(`not a secret key of ${algorithm}`, { cause });
  }
  const spki = new Uint8Array(spkiPrefix.byteLength + bytes.byteLength);
  spki.set(spkiPrefix);
  spki.set(bytes, spkiPrefix.byteLength);
  const secret = secretKey.slice();
  return { publicKey: await publicKeyOf(spki), sign: (message) => sign(message, secret) };
}

function algorithmOf(name: KeyAlgorithm): Algorithm {
  const found = ALGORITHMS.find((algorithm) => algorithm.name === name);
  if (found === undefined) throw new RangeError(`unknown algorithm ${sanitizeText(String(name))}`);
  return found;
}
