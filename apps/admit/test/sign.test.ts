/** keygen, sign and verify as their users run them. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runApp } from '@mirust/cli/testing';
import { validateVerificationReport } from '@mirust/schemas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ORACLE = join(ROOT, 'fixtures', 'oracles', 'model-signing');
const STORY = join(ROOT, 'fixtures', 'story', 'hf');
const folder = mkdtempSync(join(tmpdir(), 'mirust-sign-'));
const at = (name: string): string => join(folder, name);
// A time that the machine states is none of these tests'.
const admit = (...args: string[]) => runApp('admit', args, { cwd: folder, env: { SOURCE_DATE_EPOCH: '' } });

beforeAll(async () => {
  expect(await runApp('pack', [STORY, at('story.slm'), '--quant', 'q8'])).toMatchObject({ status: 0 });
  cpSync(STORY, at('hf'), { recursive: true });
  cpSync(join(ROOT, 'fixtures/oracles/containers/v3.gguf'), at('v3.gguf'));
  for (const [name, algorithm] of [
    ['ed', 'ed25519'],
    ['ec', 'p256'],
  ] as const) {
    expect(await admit('keygen', '--out', name, '--algorithm', algorithm)).toMatchObject({ status: 0, stderr: '' });
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The report of `verify --json`; its validity is the test. */
async function verify(...args: string[]) {
  const { status, stdout, stderr } = await admit('verify', ...args, '--json');
  expect(stderr).toBe('');
  const result = validateVerificationReport(JSON.parse(stdout));
  if (!result.ok) throw new Error(`${result.errors[0]?.path} ${result.errors[0]?.message}`);
  expect(status === 0).toBe(result.value.verified);
  return { status, ...result.value };
}

describe('keygen', () => {
  it('keeps the private key to its owner', () => {
    expect(readFileSync(at('ed.pem'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(readFileSync(at('ed.pub.pem'), 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    if (process.platform !== 'win32') expect(statSync(at('ed.pem')).mode & 0o777).toBe(0o600);
  });

  it('overwrites nothing unless it is told to', async () => {
    const before = readFileSync(at('ec.pem'));
    expect(await admit('keygen', '--out', 'ec')).toMatchObject({ status: 2, stdout: '' });
    expect(readFileSync(at('ec.pem'))).toEqual(before);
    const first = await admit('keygen', '--out', 'again', '--json');
    const second = await admit('keygen', '--out', 'again', '--json', '--force');
    expect(second.status).toBe(0);
    expect(JSON.parse(second.stdout).keyId).not.toBe(JSON.parse(first.stdout).keyId);
    if (process.platform !== 'win32') expect(statSync(at('again.pem')).mode & 0o777).toBe(0o600);
  });

  it.skipIf(process.platform === 'win32')('does not write through a link that leads nowhere', async () => {
    symlinkSync(at('elsewhere.pem'), at('link.pem'));
    expect((await admit('keygen', '--out', 'link')).status).toBe(2);
    expect(readdirSync(folder)).not.toContain('elsewhere.pem');
  });

  it('has a name by default, and takes that of a file', async () => {
    expect(await admit('keygen')).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(at('mirust.pub.pem'), 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    expect(await admit('keygen', '--out', 'team.pem')).toMatchObject({ status: 0 });
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['team.pem', 'team.pub.pem']));
  });
});

describe('an artifact that was signed', () => {
  it.each([
    ['story.slm', 'ed', ['mirustRoot', 'sha256']],
    ['story.slm', 'ec', ['mirustRoot', 'sha256']],
    ['v3.gguf', 'ed', ['sha256']],
    ['hf/', 'ec', ['sha256']],
  ])('%s by %s is verified', async (file, key, digests) => {
    const signature = at(`${file.replace('/', '')}-${key}.sig`);
    const { status, stdout } = await admit('sign', file, '--key', `${key}.pem`, '--out', signature);
    expect(status).toBe(0);
    const report = await verify(file, '--signature', signature, '--public-key', `${key}.pub.pem`);
    expect(report).toMatchObject({ verified: true, signer: { method: 'key' } });
    for (const { name, ...found } of report.files ?? []) {
      expect(Object.keys(found)).toEqual(digests);
      for (const digest of Object.values(found)) expect(stdout).toContain(digest);
    }
  });

  it('has its signature beside it, and the same one every time', async () => {
    expect(await admit('sign', 'story.slm', '--key', 'ed.pem')).toMatchObject({ status: 0 });
    const first = readFileSync(at('story.slm.sig'));
    await admit('sign', 'story.slm', '--key', 'ed.pem');
    expect(readFileSync(at('story.slm.sig'))).toEqual(first);
    expect(await admit('verify', 'story.slm', '--public-key', 'ed.pub.pem')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^verified {2}story\.slm\n {2}signed by key [0-9a-f]{64}\n/),
    });
  });

  it('is refused with another key, damaged, and with the signature of another', async () => {
    const signature = at('refused.sig');
    await admit('sign', 'story.slm', '--key', 'ed.pem', '--out', signature);
    const args = ['--signature', signature, '--public-key'];
    expect(await verify('story.slm', ...args, 'ec.pub.pem')).toMatchObject({
      status: 20,
      error: { code: 'PROVENANCE_NO_SIGNATURE', id: 'MR-O007', class: 'provenance' },
    });
    const bytes = readFileSync(at('story.slm'));
    bytes.writeUInt8(bytes.readUInt8(bytes.length / 2) ^ 1, bytes.length / 2);
    writeFileSync(at('flipped.slm'), bytes);
    expect(await verify('flipped.slm', ...args, 'ed.pub.pem')).toMatchObject({ status: 11 });
    expect(await verify('v3.gguf', ...args, 'ed.pub.pem')).toMatchObject({
      status: 20,
      error: { code: 'PROVENANCE_SUBJECT' },
    });
    expect(await admit('verify', 'v3.gguf', ...args, 'ed.pub.pem')).toMatchObject({
      status: 20,
      stdout: '',
      stderr: expect.stringContaining('PROVENANCE_SUBJECT'),
    });
  });

  it('is not signed where it is damaged, or no model', async () => {
    const bytes = readFileSync(at('story.slm'));
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 200) ^ 1, bytes.length - 200);
    writeFileSync(at('damaged.slm'), bytes);
    writeFileSync(at('model.pt'), Uint8Array.of(0x80, 2, 0x7d, 0x71, 0, 0x2e));
    expect((await admit('sign', 'damaged.slm', '--key', 'ed.pem')).status).toBe(11);
    expect((await admit('sign', 'model.pt', '--key', 'ed.pem')).status).toBe(14);
    expect(readdirSync(folder).filter((name) => /^(damaged|model)\..*sig/.test(name))).toEqual([]);
  });
});

describe('signatures of others', () => {
  const model = join(ORACLE, 'model');

  it.each<[string, string[], object]>([
    ['p256-shards.sig', ['--public-key', 'p256.pub.pem'], { method: 'key' }],
    ['certificate.sig', ['--certificate-chain', 'root.pem'], { method: 'certificate', subject: 'CN=Signer' }],
    [
      'keyless.sig',
      ['--trusted-root', 'trusted-root.json', '--identity', 'signer@example.com'],
      { method: 'keyless', identity: 'signer@example.com' },
    ],
  ])('%s is verified', async (signature, args, signer) => {
    const paths = args.map((arg) => (arg.endsWith('.pem') || arg.endsWith('.json') ? join(ORACLE, arg) : arg));
    const issuer = signature === 'keyless.sig' ? ['--issuer', 'https://issuer.example.com'] : [];
    const report = await verify(model, '--signature', join(ORACLE, signature), ...paths, ...issuer);
    expect(report).toMatchObject({ status: 0, signer });
  });

  it('may lie in the model', async () => {
    cpSync(model, at('model'), { recursive: true });
    cpSync(join(ORACLE, 'p256-files.sig'), at('model/model.sig'));
    const key = join(ORACLE, 'p256.pub.pem');
    expect(await verify('model', '--signature', 'model/model.sig', '--public-key', key)).toMatchObject({ status: 0 });
  });
});

describe('wrong usage', () => {
  it.each([
    [['verify', 'v3.gguf']],
    [['verify', 'v3.gguf', '--public-key', 'ed.pub.pem', '--certificate-chain', 'x']],
    [['verify', 'v3.gguf', '--identity', 'x', '--issuer', 'y']],
    [['sign', 'v3.gguf']],
    [['sign', 'hf/config.json', '--key', 'ed.pem']],
  ])('%j', async (args) => {
    expect(await admit(...args)).toMatchObject({ status: 2, stdout: '' });
  });

  it('of files that are something else', async () => {
    writeFileSync(at('garbage'), new Uint8Array(33 * 2 ** 20));
    expect(await verify('v3.gguf', '--signature', 'garbage', '--public-key', 'ed.pub.pem')).toMatchObject({
      status: 20,
      error: { code: 'PROVENANCE_TOO_LARGE' },
    });
    expect(await verify('v3.gguf', '--signature', 'v3.gguf', '--public-key', 'ed.pub.pem')).toMatchObject({
      error: { code: 'PROVENANCE_ENVELOPE' },
    });
    expect(await verify('v3.gguf', '--signature', 'absent', '--public-key', 'ed.pub.pem')).toMatchObject({
      status: 16,
    });
    expect(await admit('sign', 'v3.gguf', '--key', 'ed.pub.pem')).toMatchObject({ status: 20 });
  });
});

describe('sbom', () => {
  it('is the same document every time, with the time that SOURCE_DATE_EPOCH states', async () => {
    const first = await admit('sbom', 'story.slm');
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(await admit('sbom', 'story.slm', '--out', 'story.cdx.json')).toMatchObject({ status: 0, stdout: '' });
    expect(readFileSync(at('story.cdx.json'), 'utf8')).toBe(first.stdout);
    const env = { SOURCE_DATE_EPOCH: '1700000000' };
    const dated = JSON.parse((await runApp('admit', ['sbom', 'story.slm'], { cwd: folder, env })).stdout);
    expect(dated.metadata.timestamp).toBe('2023-11-14T22:13:20.000Z');
    delete dated.metadata.timestamp;
    expect(dated).toEqual(JSON.parse(first.stdout));
    const wrong = { SOURCE_DATE_EPOCH: 'yesterday' };
    expect(await runApp('admit', ['sbom', 'story.slm'], { cwd: folder, env: wrong })).toMatchObject({ status: 2 });
  });
});
