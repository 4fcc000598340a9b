/** OpenSSF model signatures: what its own implementation signed, and what is refused of it. */
import { cpSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPath } from '@mirust/checkpoint/node';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  checkStatement,
  publicKeyPem,
  readSignatureFile,
  type StatementContent,
  signStatement,
  verifySignature,
} from '../src/index.ts';
import { openTree, verifyByCertificates } from '../src/node/index.ts';
import { codeOf, ORACLE, oracleBytes, oracleText, signers } from './_support.ts';

const folder = mkdtempSync(join(tmpdir(), 'mirust-model-signing-'));
const model = join(folder, 'model');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(model, { recursive: true, force: true });
  cpSync(join(ORACLE, 'model'), model, { recursive: true });
});

async function verify(signature: Uint8Array, key: string, signaturePath?: string): Promise<readonly string[]> {
  const files = { files: await openPath(model), tree: await openTree(model), signaturePath };
  const { files: checked } = await verifySignature({ ...files, signature, keys: [key] });
  return checked.map(({ name }) => name);
}

const FILES = ['config.json', 'empty.txt', 'model.safetensors', 'onnx/model.onnx', 'onnx/weights/a.bin'];

describe('bundles by a key', () => {
  it.each([
    ['p256-files.sig', 'p256.pub.pem'],
    ['p256-shards.sig', 'p256.pub.pem'],
    ['p384-files.sig', 'p384.pub.pem'],
    ['p521-files.sig', 'p521.pub.pem'],
  ])('%s is verified', async (signature, key) => {
    expect(await verify(oracleBytes(signature), oracleText(key))).toEqual(FILES);
  });

  it('are refused with another key', async () => {
    expect(await codeOf(() => verify(oracleBytes('p256-files.sig'), oracleText('p384.pub.pem')))).toBe(
      'PROVENANCE_NO_SIGNATURE',
    );
  });

  it('may lie in the model', async () => {
    writeFileSync(join(model, 'model.sig'), oracleBytes('p256-files.sig'));
    const [signature, key] = [oracleBytes('p256-files.sig'), oracleText('p256.pub.pem')];
    expect(await verify(signature, key, 'model.sig')).toEqual(FILES);
    expect(await codeOf(() => verify(signature, key))).toBe('PROVENANCE_FILE_UNSIGNED');
  });
});

describe.each(['files', 'shards'])('a model that differs, signed by %s', (method) => {
  const refuses = (): Promise<string> =>
    codeOf(() => verify(oracleBytes(`p256-${method}.sig`), oracleText('p256.pub.pem')));

  it('is refused with a byte changed', async () => {
    writeFileSync(join(model, 'onnx/model.onnx'), 'not A model\n');
    expect(await refuses()).toBe('PROVENANCE_SUBJECT');
  });

  it('is refused with a file more, however deep', async () => {
    writeFileSync(join(model, 'onnx/weights/b.bin'), 'b');
    expect(await refuses()).toBe('PROVENANCE_FILE_UNSIGNED');
  });

  it('is refused with a file less', async () => {
    rmSync(join(model, 'onnx/weights/a.bin'));
    expect(await refuses()).toBe('PROVENANCE_FILE_MISSING');
  });

  it('is refused with a file renamed, and with one cut short', async () => {
    renameSync(join(model, 'config.json'), join(model, 'Config.json'));
    expect(await refuses()).toBe('PROVENANCE_FILE_MISSING');
    renameSync(join(model, 'Config.json'), join(model, 'config.json'));
    writeFileSync(join(model, 'model.safetensors'), oracleBytes('model/model.safetensors').subarray(0, 1000));
    expect(await refuses()).toBe(method === 'files' ? 'PROVENANCE_SUBJECT' : 'PROVENANCE_FILE_MISSING');
  });

  it('is refused with a link in the place of a file or a folder', async () => {
    rmSync(join(model, 'config.json'));
    symlinkSync(join(ORACLE, 'model/config.json'), join(model, 'config.json'));
    expect(await refuses()).toBe('PROVENANCE_LINK');
    rmSync(join(model, 'config.json'));
    cpSync(join(ORACLE, 'model/config.json'), join(model, 'config.json'));
    symlinkSync(join(ORACLE, 'model/onnx'), join(model, 'more'));
    expect(await refuses()).toBe('PROVENANCE_LINK');
  });

  it('may have what belongs to Git', async () => {
    writeFileSync(join(model, '.gitignore'), 'anything');
    cpSync(join(ORACLE, 'model/onnx'), join(model, '.git'), { recursive: true });
    expect(await refuses()).toBe('ok');
  });
});

describe('bundles by a certificate', () => {
  async function verifyCertificate(name: string, roots = ['root']): Promise<string> {
    const signature = readSignatureFile(oracleBytes(`${name}.sig`));
    const trusted = roots.map((root) => oracleText(`${root}.pem`));
    const { statement, subject } = await verifyByCertificates(signature, trusted);
    await checkStatement(statement, { files: await openPath(model), tree: await openTree(model) });
    return subject;
  }

  it.each(['certificate', 'certificate-code-signing'])('%s leads to its root', async (name) => {
    expect(await verifyCertificate(name)).toBe('CN=Signer');
    expect(await verifyCertificate(name, ['other-root', 'root'])).toBe('CN=Signer');
  });

  it('are refused with another root of the same name', async () => {
    expect(await codeOf(() => verifyCertificate('certificate', ['other-root']))).toBe('PROVENANCE_CERTIFICATE');
  });

  // model_signing refuses all of them too.
  it.each([
    'certificate-no-signing',
    'certificate-unknown-critical',
    'certificate-path-too-long',
    'certificate-not-authority',
  ])('%s is refused', async (name) => {
    expect(await codeOf(() => verifyCertificate(name))).toBe('PROVENANCE_CERTIFICATE');
  });

  it('are refused with the certificate of one and the signature of another', async () => {
    const bundle = JSON.parse(oracleText('certificate.sig'));
    bundle.dsseEnvelope = JSON.parse(oracleText('p256-files.sig')).dsseEnvelope;
    const file = readSignatureFile(new TextEncoder().encode(JSON.stringify(bundle)));
    expect(await codeOf(() => verifyByCertificates(file, [oracleText('root.pem')]))).toBe('PROVENANCE_SIGNATURE');
  });

  it('are not verified by a key, nor those of a key by a root', async () => {
    expect(await codeOf(() => verify(oracleBytes('certificate.sig'), oracleText('p256.pub.pem')))).toBe(
      'PROVENANCE_NO_SIGNATURE',
    );
    const file = readSignatureFile(oracleBytes('p256-files.sig'));
    expect(await codeOf(() => verifyByCertificates(file, [oracleText('root.pem')]))).toBe('PROVENANCE_NO_SIGNATURE');
  });

  it.each([
    ['no PEM', 'nothing'],
    ['no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('are refused with a root that is %s', async (_, root) => {
    const file = readSignatureFile(oracleBytes('certificate.sig'));
    expect(await codeOf(() => verifyByCertificates(file, [root]))).toBe('PROVENANCE_CERTIFICATE');
  });
});

describe('statements of model_signing that contradict themselves', () => {
  const digest = '0'.repeat(64);
  const resource = { name: 'a', algorithm: 'sha256', digest };
  const serialization = { method: 'files', hash_type: 'sha256', allow_symlinks: false };
  /** SHA-256 of 32 zero bytes. */
  const sha256 = '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925';
  const good = { serialization, resources: [resource] };

  async function refuses(
    predicate: unknown,
    subject: StatementContent['subject'] = [{ name: 'm', digest: { sha256 } }],
  ) {
    const { ed25519 } = await signers;
    const predicateType = 'https://model_signing/signature/v1.0';
    const signature = signStatement({ subject, predicateType, predicate }, [ed25519]);
    return codeOf(() => verify(signature, publicKeyPem(ed25519.publicKey)));
  }

  it('are told from those that do not', async () => {
    expect(await refuses(good)).toBe('PROVENANCE_FILE_MISSING');
  });

  it.each<[string, unknown, string]>([
    ['nothing', null, 'PROVENANCE_PREDICATE'],
    ['no resources', { serialization }, 'PROVENANCE_PREDICATE'],
    ['another method', { ...good, serialization: { ...serialization, method: 'x' } }, 'PROVENANCE_PREDICATE'],
    ['links that may be', { ...good, serialization: { ...serialization, allow_symlinks: 1 } }, 'PROVENANCE_PREDICATE'],
    [
      'another hash',
      { ...good, serialization: { ...serialization, hash_type: 'blake3' } },
      'PROVENANCE_DIGEST_ALGORITHM',
    ],
    ['a resource twice', { ...good, resources: [resource, resource] }, 'PROVENANCE_PREDICATE'],
    ['a digest in capitals', { ...good, resources: [{ ...resource, digest: 'A'.repeat(64) }] }, 'PROVENANCE_PREDICATE'],
    ['a resource less', { ...good, resources: [] }, 'PROVENANCE_PREDICATE'],
    [
      'everything ignored',
      { ...good, serialization: { ...serialization, ignore_paths: ['./'] } },
      'PROVENANCE_PREDICATE',
    ],
    ['shards of no size', { ...good, serialization: { ...serialization, method: 'shards' } }, 'PROVENANCE_PREDICATE'],
    [
      'shards without a range',
      {
        serialization: { ...serialization, method: 'shards', shard_size: 10 },
        resources: [{ ...resource, algorithm: 'sha256-sharded-10' }],
      },
      'PROVENANCE_PREDICATE',
    ],
  ])('%s', async (_, predicate, code) => {
    expect(await refuses(predicate)).toBe(code);
  });

  it('have one subject', async () => {
    const subject = ['m', 'n'].map((name) => ({ name, digest: { sha256 } }));
    expect(await refuses(good, subject)).toBe('PROVENANCE_PREDICATE');
  });
});
