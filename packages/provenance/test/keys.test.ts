/** Keys and signatures, held against those of OpenSSL. */
import { createHash, createPublicKey, generateKeyPairSync, sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import { fromHex } from '@mirust/integrity';
import { p256 } from '@noble/curves/nist.js';
import { describe, expect, it } from 'vitest';
import { createSigner, parsePublicKey, publicKeyPem } from '../src/index.ts';
import { verifyMessage } from '../src/keys.ts';
import { makeKeyPair, readSigner } from '../src/node/index.ts';
import { codeOf, oracleText, signers, utf8 } from './_support.ts';

const MESSAGE = utf8('what is signed');
const CURVES = [
  ['p256', 'prime256v1', 'sha256'],
  ['p384', 'secp384r1', 'sha384'],
  ['p521', 'secp521r1', 'sha512'],
] as const;

function pair(curve: string): { readonly secret: string; readonly open: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  return {
    secret: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    open: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}

describe('a signature', () => {
  it.each(CURVES)('over %s is good for OpenSSL, and OpenSSL’s for us', async (algorithm, curve, hash) => {
    const { secret, open } = pair(curve);
    const signer = await readSigner(secret);
    expect(signer.publicKey).toEqual(await parsePublicKey(open));
    expect(signer.publicKey.algorithm).toBe(algorithm);
    expect(nodeVerify(hash, MESSAGE, open, signer.sign(MESSAGE))).toBe(true);
    // Half of OpenSSL's have the higher s.
    for (let i = 0; i < 8; i++) {
      const signature = nodeSign(hash, MESSAGE, secret);
      expect(verifyMessage(signer.publicKey, MESSAGE, signature)).toBe(true);
      expect(verifyMessage(signer.publicKey, utf8('something else'), signature)).toBe(false);
    }
  });

  it('by Ed25519 is the one of RFC 8032, test 2, and of OpenSSL', async () => {
    const seed = fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
    const signer = await createSigner('ed25519', seed);
    const signature = fromHex(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
    expect(signer.sign(Uint8Array.of(0x72))).toEqual(signature);
    const pem = publicKeyPem(signer.publicKey);
    expect(nodeVerify(undefined, Uint8Array.of(0x72), createPublicKey(pem), signature)).toBe(true);
    expect(await parsePublicKey(pem)).toEqual(signer.publicKey);
  });

  it('is the same for the same bytes, with the lower s', async () => {
    const { p256: signer } = await signers;
    const signature = signer.sign(MESSAGE);
    expect(signer.sign(MESSAGE)).toEqual(signature);
    const { r, s } = p256.Signature.fromBytes(signature, 'der');
    const order = p256.Point.Fn.ORDER;
    expect(s < order / 2n).toBe(true);
    // The other one that anybody can make of it is by the same key over the same bytes: it is accepted.
    const other = new p256.Signature(r, order - s).toBytes('der');
    expect(verifyMessage(signer.publicKey, MESSAGE, other)).toBe(true);
    // r and s side by side is another encoding: it is not.
    expect(
      verifyMessage(signer.publicKey, MESSAGE, p256.Signature.fromBytes(signature, 'der').toBytes('compact')),
    ).toBe(false);
  });

  it('is refused with any bit changed', async () => {
    const { ed25519, p256: other } = await signers;
    for (const signer of [ed25519, other]) {
      const signature = signer.sign(MESSAGE);
      // Every third: all bytes, and in three of them all eight places.
      for (let bit = 0; bit < signature.byteLength * 8; bit += 3) {
        const changed = signature.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(verifyMessage(signer.publicKey, MESSAGE, changed)).toBe(false);
      }
      for (const bytes of [new Uint8Array(), signature.subarray(1), new Uint8Array([...signature, 0])]) {
        expect(verifyMessage(signer.publicKey, MESSAGE, bytes)).toBe(false);
      }
    }
  });

  it('of one algorithm is none of another', async () => {
    const { ed25519, p256: other } = await signers;
    expect(verifyMessage(ed25519.publicKey, MESSAGE, other.sign(MESSAGE))).toBe(false);
    expect(verifyMessage(other.publicKey, MESSAGE, ed25519.sign(MESSAGE))).toBe(false);
  });

  it('by a key of small order is refused: it would be good for every message', async () => {
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.alloc(32)]);
    spki[12] = 1;
    const pem = `-----BEGIN PUBLIC KEY-----\n${spki.toString('base64')}\n-----END PUBLIC KEY-----\n`;
    const signature = new Uint8Array(64);
    signature[0] = 1;
    expect(verifyMessage(await parsePublicKey(pem), MESSAGE, signature)).toBe(false);
  });
});

describe('a public key', () => {
  const spki = (hex: string): string =>
    `-----BEGIN PUBLIC KEY-----\n${Buffer.from(hex, 'hex').toString('base64')}\n-----END PUBLIC KEY-----\n`;

  it('has the SHA-256 of its DER as identity', async () => {
    const { keyId } = await parsePublicKey(oracleText('p256.pub.pem'));
    const der = createPublicKey(oracleText('p256.pub.pem')).export({ format: 'der', type: 'spki' });
    expect(keyId).toBe(createHash('sha256').update(der).digest('hex'));
  });

  it('may have other line breaks, and text around it', async () => {
    const pem = oracleText('p384.pub.pem');
    const key = await parsePublicKey(pem);
    expect(await parsePublicKey(`Ours:\r\n${pem.replaceAll('\n', '\r\n')}\r\n`)).toEqual(key);
    expect(publicKeyPem(key)).toBe(pem);
  });

  it.each<[string, string | (() => string), string]>([
    ['nothing', '', 'PROVENANCE_KEY'],
    ['two keys', () => oracleText('p256.pub.pem').repeat(2), 'PROVENANCE_KEY'],
    ['a private key', () => pair('prime256v1').secret, 'PROVENANCE_KEY'],
    ['a certificate', () => oracleText('root.pem'), 'PROVENANCE_KEY'],
    ['a key that is very long', () => 'x'.repeat(5000) + oracleText('p256.pub.pem'), 'PROVENANCE_KEY'],
    ['no base64', '-----BEGIN PUBLIC KEY-----\nAAA\n-----END PUBLIC KEY-----\n', 'PROVENANCE_KEY'],
    ['a byte too many', spki(`302a300506032b6570032100${'00'.repeat(33)}`), 'PROVENANCE_KEY_ALGORITHM'],
    [
      'a point beside the curve',
      spki(`3059301306072a8648ce3d020106082a8648ce3d03010703420004${'01'.repeat(64)}`),
      'PROVENANCE_KEY',
    ],
    ['a number beyond the field', spki(`302a300506032b6570032100${'ff'.repeat(32)}`), 'PROVENANCE_KEY'],
    [
      'a key of RSA',
      () =>
        generateKeyPairSync('rsa', { modulusLength: 2048 })
          .publicKey.export({ format: 'pem', type: 'spki' })
          .toString(),
      'PROVENANCE_KEY_ALGORITHM',
    ],
    ['a key of another curve', () => pair('secp256k1').open, 'PROVENANCE_KEY_ALGORITHM'],
  ])('is refused: %s', async (_, pem, code) => {
    expect(await codeOf(() => parsePublicKey(typeof pem === 'string' ? pem : pem()))).toBe(code);
  });
});

describe('a private key', () => {
  it.each(['ed25519', 'p256'] as const)('of %s is made and read', async (algorithm) => {
    const { privateKey, publicKey, keyId } = await makeKeyPair(algorithm);
    const signer = await readSigner(privateKey);
    expect(signer.publicKey).toMatchObject({ algorithm, keyId });
    expect(publicKeyPem(signer.publicKey)).toBe(publicKey);
  });

  it('is refused: a public one, one with a password, one of RSA or of another curve', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const locked = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
    expect(await codeOf(() => readSigner(oracleText('p256.pub.pem')))).toBe('PROVENANCE_KEY');
    expect(await codeOf(() => readSigner(rsa.export(locked).toString()))).toBe('PROVENANCE_KEY');
    const open = rsa.export({ format: 'pem', type: 'pkcs8' }).toString();
    expect(await codeOf(() => readSigner(open))).toBe('PROVENANCE_KEY_ALGORITHM');
    expect(await codeOf(() => readSigner(pair('secp256k1').secret))).toBe('PROVENANCE_KEY_ALGORITHM');
  });

  it('is an argument where it is bytes', async () => {
    await expect(createSigner('p256', new Uint8Array(32))).rejects.toThrow(RangeError);
    await expect(createSigner('ed25519', new Uint8Array(31))).rejects.toThrow(RangeError);
  });
});
