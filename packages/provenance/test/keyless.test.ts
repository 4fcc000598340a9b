/** Keyless signatures, verified offline: the bundle of a Sigstore instance of our own, and what is refused of it. */
import { join } from 'node:path';
import { openPath } from '@mirust/checkpoint/node';
import { describe, expect, it } from 'vitest';
import { checkStatement } from '../src/index.ts';
import { openTree, verifyKeyless } from '../src/node/index.ts';
import { codeOf, ORACLE, oracleBytes, oracleText, utf8 } from './_support.ts';

const IDENTITY = 'signer@example.com';
const ISSUER = 'https://issuer.example.com';
const TRUST = { trustedRoot: oracleBytes('trusted-root.json'), identity: IDENTITY, issuer: ISSUER };

/** JSON of any shape, to be edited. */
// biome-ignore lint/suspicious/noExplicitAny: a document that is edited by hand
type Json = any;

/** Verifies the bundle after an edit of it, or of the trusted root. */
function verify(edit: (bundle: Json, root: Json) => void, trust: Partial<typeof TRUST> = {}): Promise<string> {
  const [bundle, root] = [JSON.parse(oracleText('keyless.sig')), JSON.parse(oracleText('trusted-root.json'))];
  edit(bundle, root);
  const trustedRoot = utf8(JSON.stringify(root));
  return codeOf(() => verifyKeyless(utf8(JSON.stringify(bundle)), { ...TRUST, trustedRoot, ...trust }));
}

const entryOf = (bundle: Json): Json => bundle.verificationMaterial.tlogEntries[0];

/** Base64 with a bit of the byte in the middle changed. */
function flipped(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  return bytes.toString('base64');
}

describe('a keyless signature', () => {
  it('is verified with its trusted root, identity and issuer, as sigstore-python verifies it', async () => {
    const { statement, identity } = await verifyKeyless(oracleBytes('keyless.sig'), TRUST);
    expect(identity).toBe(IDENTITY);
    const model = join(ORACLE, 'model');
    const files = await checkStatement(statement, { files: await openPath(model), tree: await openTree(model) });
    expect(files).toHaveLength(5);
  });

  it('is verified with a root inside a client’s configuration', async () => {
    const trustedRoot = utf8(JSON.stringify({ trustedRoot: JSON.parse(oracleText('trusted-root.json')) }));
    expect(await codeOf(() => verifyKeyless(oracleBytes('keyless.sig'), { ...TRUST, trustedRoot }))).toBe('ok');
  });

  it.each([
    'other@example.com',
    'signer@example.co',
    'igner@example.com',
    'signer@exampleXcom',
    // A pattern would match; an identity is no pattern.
    'signer@example.?com',
    '.*',
    '',
  ])('is not by %j', async (identity) => {
    expect(await verify(() => {}, { identity })).toBe('PROVENANCE_IDENTITY');
  });

  it('is not by whom another issuer has confirmed', async () => {
    expect(await verify(() => {}, { issuer: 'https://issuer.example.org' })).toBe('PROVENANCE_IDENTITY');
  });

  it.each<[string, (bundle: Json, root: Json) => void, string]>([
    [
      'a payload that was exchanged',
      (bundle) => {
        bundle.dsseEnvelope.payload = Buffer.from('{}').toString('base64');
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'a signature that was changed',
      (bundle) => {
        bundle.dsseEnvelope.signatures[0].sig = flipped(bundle.dsseEnvelope.signatures[0].sig);
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'a certificate that was changed',
      (bundle) => {
        const { certificate } = bundle.verificationMaterial;
        certificate.rawBytes = flipped(certificate.rawBytes);
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'a certificate that is none',
      (bundle) => {
        bundle.verificationMaterial.certificate.rawBytes = 'AAAA';
      },
      'PROVENANCE_BUNDLE',
    ],
    [
      'no entry in a log',
      (bundle) => {
        bundle.verificationMaterial.tlogEntries = [];
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'a time when the certificate was not valid',
      (bundle) => {
        entryOf(bundle).integratedTime = '1893456000';
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'a time that the log did not promise',
      (bundle) => {
        entryOf(bundle).integratedTime = String(Number(entryOf(bundle).integratedTime) + 1);
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'an entry that was changed',
      (bundle) => {
        entryOf(bundle).canonicalizedBody = flipped(entryOf(bundle).canonicalizedBody);
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'a proof of another tree',
      (bundle) => {
        entryOf(bundle).inclusionProof.hashes = [entryOf(bundle).inclusionProof.rootHash];
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'a state of the log that was changed',
      (bundle) => {
        const { checkpoint } = entryOf(bundle).inclusionProof;
        checkpoint.envelope = checkpoint.envelope.replace('\n1\n', '\n2\n');
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'no proof',
      (bundle) => {
        entryOf(bundle).inclusionProof = undefined;
      },
      'PROVENANCE_BUNDLE',
    ],
    [
      'no authority',
      (_, root) => {
        root.certificateAuthorities = [];
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'no log',
      (_, root) => {
        root.tlogs = [];
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'no log of certificates',
      (_, root) => {
        root.ctlogs = [];
      },
      'PROVENANCE_TRANSPARENCY',
    ],
    [
      'a root that is none',
      (_, root) => {
        root.tlogs[0].publicKey.rawBytes = 'AAAA';
      },
      'PROVENANCE_TRUSTED_ROOT',
    ],
    [
      'a type of payload that is another',
      (bundle) => {
        bundle.dsseEnvelope.payloadType = 'application/json';
      },
      'PROVENANCE_PAYLOAD_TYPE',
    ],
  ])('is refused with %s', async (_, edit, code) => {
    expect(await verify(edit)).toBe(code);
  });

  it('is refused with a trusted root that is no JSON, and by other means', async () => {
    const trust = (text: string) => ({ ...TRUST, trustedRoot: utf8(text) });
    expect(await codeOf(() => verifyKeyless(oracleBytes('keyless.sig'), trust('x')))).toBe('PROVENANCE_TRUSTED_ROOT');
    expect(await codeOf(() => verifyKeyless(oracleBytes('keyless.sig'), trust('[]')))).toBe('PROVENANCE_TRUSTED_ROOT');
    expect(await codeOf(() => verifyKeyless(oracleBytes('p256-files.sig'), TRUST))).toBe('PROVENANCE_NO_SIGNATURE');
  });
});
