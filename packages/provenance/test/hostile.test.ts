/** Bytes that nobody vouches for: whatever they are, the answer is a code of ours, and never that a change is good. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parsePublicKey, readSignatureFile } from '../src/index.ts';
import { openTree, readSigner, verifyByCertificates, verifyKeyless } from '../src/node/index.ts';
import { codeOf, oracleBytes, oracleText, utf8 } from './_support.ts';

const CODE = /^(ok|PROVENANCE_[A-Z_]+)$/;

/** A bundle with some bytes of some of its base64 fields exchanged. */
function changed(
  name: string,
  edits: readonly { readonly field: number; readonly at: number; readonly byte: number }[],
) {
  const bundle = JSON.parse(oracleText(name));
  const fields: { readonly owner: Record<string, string>; readonly key: string }[] = [];
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'string' && /^[A-Za-z0-9+/]{20,}={0,2}$/.test(inner)) {
        fields.push({ owner: value as Record<string, string>, key });
      } else visit(inner);
    }
  };
  visit(bundle);
  const before = JSON.stringify(bundle);
  for (const { field, at, byte } of edits) {
    const place = fields[field % fields.length];
    if (place === undefined) continue;
    const bytes = Buffer.from(place.owner[place.key] ?? '', 'base64');
    const index = at % bytes.length;
    bytes.writeUInt8(byte, index);
    place.owner[place.key] = bytes.toString('base64');
  }
  const after = JSON.stringify(bundle);
  // A later edit may take an earlier one back.
  return { bytes: utf8(after), isChanged: after !== before };
}

const edits = fc.array(fc.record({ field: fc.nat(20), at: fc.nat(4000), byte: fc.nat(255) }), {
  minLength: 1,
  maxLength: 3,
});

describe('bundles with bytes exchanged', () => {
  it('by a certificate', async () => {
    const root = oracleText('root.pem');
    await fc.assert(
      fc.asyncProperty(edits, async (list) => {
        const { bytes, isChanged } = changed('certificate.sig', list);
        const code = await codeOf(() => verifyByCertificates(readSignatureFile(bytes), [root]));
        expect(code).toMatch(CODE);
        if (isChanged) expect(code).not.toBe('ok');
      }),
      { numRuns: 200 },
    );
  });

  it('without a key', async () => {
    const trust = {
      trustedRoot: oracleBytes('trusted-root.json'),
      identity: 'signer@example.com',
      issuer: 'https://issuer.example.com',
    };
    await fc.assert(
      fc.asyncProperty(edits, async (list) => {
        const { bytes } = changed('keyless.sig', list);
        expect(await codeOf(() => verifyKeyless(bytes, trust))).toMatch(CODE);
      }),
      { numRuns: 100 },
    );
  });

  it('and their trusted root', async () => {
    const [identity, issuer] = ['signer@example.com', 'https://issuer.example.com'];
    await fc.assert(
      fc.asyncProperty(edits, async (list) => {
        const trustedRoot = changed('trusted-root.json', list).bytes;
        const trust = { trustedRoot, identity, issuer };
        expect(await codeOf(() => verifyKeyless(oracleBytes('keyless.sig'), trust))).toMatch(CODE);
      }),
      { numRuns: 50 },
    );
  });
});

describe('text that is anything', () => {
  it('as a signature, a key, a certificate', async () => {
    const json = fc.json().map(utf8);
    await fc.assert(
      fc.asyncProperty(fc.oneof(json, fc.uint8Array()), async (bytes) => {
        const text = new TextDecoder().decode(bytes);
        expect(await codeOf(() => readSignatureFile(bytes))).toMatch(/^PROVENANCE_(ENVELOPE|BUNDLE)$/);
        expect(await codeOf(() => parsePublicKey(text))).toBe('PROVENANCE_KEY');
        expect(await codeOf(() => readSigner(text))).toBe('PROVENANCE_KEY');
      }),
    );
  });
});

describe('a directory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mirust-tree-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const list = async (path: string) => (await openTree(path)).list(() => false);

  it('that is not there', async () => {
    expect(await codeOf(() => list(join(folder, 'absent')))).toBe('SOURCE_NOT_FOUND');
  });

  it('that goes on and on', async () => {
    mkdirSync(join(folder, 'deep', ...Array<string>(40).fill('d')), { recursive: true });
    expect(await codeOf(() => list(join(folder, 'deep')))).toBe('PROVENANCE_TOO_LARGE');
  });

  it.skipIf(process.platform === 'win32')('with a pipe in it', async () => {
    mkdirSync(join(folder, 'special'));
    execFileSync('mkfifo', [join(folder, 'special', 'pipe')]);
    expect(await codeOf(() => list(join(folder, 'special')))).toBe('PROVENANCE_LINK');
  });
});
