/** Keys as PEM: made, and read to sign with. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { provenanceError } from '../errors.ts';
import { createSigner, type KeyAlgorithm, parsePublicKey, type Signer } from '../keys.ts';

/** A new pair of keys. */
export interface KeyPairFiles {
  /** PKCS#8 in PEM, without a password. */
  readonly privateKey: string;
  /** SubjectPublicKeyInfo in PEM. */
  readonly publicKey: string;
  readonly keyId: string;
}

/** Makes a pair of keys. */
export async function makeKeyPair(algorithm: 'ed25519' | 'p256'): Promise<KeyPairFiles> {
  const pair =
    algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const publicKey = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return {
    privateKey: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey,
    keyId: (await parsePublicKey(publicKey)).keyId,
  };
}

/** Curves by the names that JSON Web Keys have for them. */
const CURVES: Readonly<Record<string, KeyAlgorithm>> = {
  Ed25519: 'ed25519',
  'P-256': 'p256',
  'P-384': 'p384',
  'P-521': 'p521',
};

/** A signer with a private key in PEM. Throws `PROVENANCE_KEY` and `PROVENANCE_KEY_ALGORITHM`. */
export async function readSigner(pem: string): Promise<Signer> {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem' });
  } catch (cause) {
    const isEncrypted = pem.includes('ENCRYPTED');
    const message = isEncrypted ? 'the private key has a password' : 'not a private key in PEM';
    throw provenanceError('PROVENANCE_KEY', message, { cause });
  }
  const isKnown = key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyType === 'ec';
  const { crv = '', d = '' } = isKnown ? exportJwk(key) : {};
  const algorithm = CURVES[crv];
  if (algorithm === undefined) {
    throw provenanceError('PROVENANCE_KEY_ALGORITHM', 'the private key is of an algorithm that is not supported');
  }
  return createSigner(algorithm, Uint8Array.from(Buffer.from(d, 'base64url')));
}

/** Node refuses to export curves that JSON Web Keys have no name for. */
function exportJwk(key: KeyObject): { readonly crv?: string; readonly d?: string } {
  try {
    return key.export({ format: 'jwk' });
  } catch {
    return {};
  }
}
