/** Signing artifacts, verifying them, and every way in which that is to fail. */
import { type FileSet, fileSetOf } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { memorySource } from '@mirust/core';
import { readSlm2 } from '@mirust/slm';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { slm2File } from '../../checkpoint/test/_artifacts.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { buildSlm2, resign, SMALL, sectionsOf } from '../../slm/test/_support.ts';
import {
  describeArtifact,
  digestArtifact,
  publicKeyPem,
  QUANTIZATION_PREDICATE,
  quantizationOf,
  type Signer,
  type StatementContent,
  signStatement,
  verifySignature,
} from '../src/index.ts';
import { codeOf, signers, text, utf8 } from './_support.ts';

const TOOL = { name: 'test', version: '1.0.0' };
const GGUF = new Uint8Array([...utf8('GGUF'), 3, 0, 0, 0, ...new Uint8Array(16)]);

const fileOf = (bytes: Uint8Array, name = 'model'): FileSet => fileSetOf(new Map([[name, memorySource(bytes)]]), name);
const directoryOf = (files: Readonly<Record<string, string>>): FileSet =>
  fileSetOf(new Map(Object.entries(files).map(([name, content]) => [name, memorySource(utf8(content))])));
const pemOf = ({ publicKey }: Signer): string => publicKeyPem(publicKey);

async function statementOf(files: FileSet): Promise<StatementContent> {
  return {
    subject: await digestArtifact(files),
    predicateType: QUANTIZATION_PREDICATE,
    predicate: await describeArtifact(files, TOOL),
  };
}

async function sign(files: FileSet, by: readonly Signer[]): Promise<Uint8Array> {
  return signStatement(await statementOf(files), by);
}

describe('an SLM2', () => {
  it('is signed by its root digest and its bytes, with what it says of itself', async () => {
    const { p256 } = await signers;
    const bytes = await slm2File();
    const file = await readSlm2(memorySource(bytes));
    const signature = await sign(fileOf(bytes), [p256]);
    const { keyIds, statement, files } = await verifySignature({
      files: fileOf(bytes, 'renamed'),
      signature,
      keys: [pemOf(p256)],
    });
    expect(keyIds).toEqual([p256.publicKey.keyId]);
    expect(files).toEqual([
      { name: 'renamed', digest: { mirustRoot: file.rootDigest, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ]);
    expect(quantizationOf(statement)).toEqual({
      artifact: { format: 'slm2', byteLength: bytes.byteLength },
      model: expect.objectContaining({ architecture: 'llama' }),
      sources: file.meta.sources,
      recipe: file.meta.recipe,
      tool: file.meta.tool,
      tensors: file.meta.tensors,
      signedBy: TOOL,
    });
  });

  it('is not signed where it is damaged', async () => {
    const bytes = await buildSlm2(SMALL);
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
    expect(await codeOf(() => digestArtifact(fileOf(bytes)))).toBe('CHUNK_DIGEST');
  });

  it('is refused with any bit changed, whatever the reader makes of it', async () => {
    const { ed25519 } = await signers;
    const bytes = await buildSlm2(SMALL);
    const signature = await sign(fileOf(bytes), [ed25519]);
    for (let at = 0; at < bytes.byteLength; at += 61) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7));
      const code = await codeOf(() => verifySignature({ files: fileOf(changed), signature, keys: [pemOf(ed25519)] }));
      expect(code, `byte ${at}`).not.toBe('ok');
    }
  });

  it('is refused where it is intact and another: tensors renamed, META edited, weights exchanged', async () => {
    const { ed25519 } = await signers;
    const good = await buildSlm2(SMALL);
    const signature = await sign(fileOf(good), [ed25519]);
    const renamed = await buildSlm2(SMALL.map((tensor) => ({ ...tensor, name: `c.${tensor.name}` })));
    // As an attacker would, who makes all digests right again.
    const edited = good.slice();
    const at = Buffer.from(edited.buffer).indexOf('"name":"test"');
    edited.set(utf8('"name":"tEst"'), at);
    const exchanged = good.slice();
    exchanged[sectionsOf(exchanged).get('DATA')?.offset ?? 0] = 1;
    for (const bytes of [renamed, resign(edited), resign(exchanged)]) {
      const request = { files: fileOf(bytes), signature, keys: [pemOf(ed25519)] };
      expect(await codeOf(() => verifySignature(request))).toBe('PROVENANCE_SUBJECT');
    }
  });

  it('has both digests right, or is refused', async () => {
    const { ed25519 } = await signers;
    const bytes = await buildSlm2(SMALL);
    const statement = await statementOf(fileOf(bytes));
    const [subject] = statement.subject;
    for (const digest of [{ sha256: '0'.repeat(64) }, { mirustRoot: '0'.repeat(64) }]) {
      const subjects = [{ name: 'model', digest: { ...subject?.digest, ...digest } }];
      const signature = signStatement({ ...statement, subject: subjects }, [ed25519]);
      const request = { files: fileOf(bytes), signature, keys: [pemOf(ed25519)] };
      expect(await codeOf(() => verifySignature(request))).toBe('PROVENANCE_SUBJECT');
    }
    const root = [{ name: 'model', digest: { mirustRoot: subject?.digest.mirustRoot ?? '' } }];
    const signature = signStatement({ ...statement, subject: root }, [ed25519]);
    const good = { files: fileOf(bytes), signature, keys: [pemOf(ed25519)] };
    expect(await codeOf(() => verifySignature(good))).toBe('ok');
    expect(await codeOf(() => verifySignature({ ...good, files: fileOf(GGUF) }))).toBe('PROVENANCE_SUBJECT');
  });
});

describe('a signature', () => {
  it('is refused with any bit changed, but for the name of the hint, which nobody signs', async () => {
    const { ed25519 } = await signers;
    const files = fileOf(GGUF);
    const signature = await sign(files, [ed25519]);
    const start = text(signature).indexOf('keyid');
    for (let at = 0; at < signature.byteLength - 1; at++) {
      const changed = signature.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7));
      const code = await codeOf(() => verifySignature({ files, signature: changed, keys: [pemOf(ed25519)] }));
      // A field by another name is ignored, as DSSE demands: then the signature says nothing of its key.
      const isHintName = at >= start && at < start + 'keyid'.length;
      expect(code, `byte ${at}`).toMatch(isHintName ? /^(ok|PROVENANCE_ENVELOPE)$/ : /^PROVENANCE_/);
    }
  });

  it('is refused with another key, and says whose it is', async () => {
    const { ed25519, p256, other } = await signers;
    const files = fileOf(GGUF);
    const signature = await sign(files, [ed25519]);
    for (const stranger of [p256, other]) {
      const work = verifySignature({ files, signature, keys: [pemOf(stranger)] });
      await expect(work).rejects.toMatchObject({
        code: 'PROVENANCE_NO_SIGNATURE',
        message: expect.stringContaining(ed25519.publicKey.keyId),
      });
    }
    await expect(verifySignature({ files, signature, keys: [] })).rejects.toThrow(RangeError);
  });

  it('by several is one by each, and one of them is enough', async () => {
    const { ed25519, p256, other } = await signers;
    const files = fileOf(GGUF);
    const signature = await sign(files, [ed25519, p256]);
    const ids = async (...keys: Signer[]) =>
      (await verifySignature({ files, signature, keys: keys.map(pemOf) })).keyIds;
    expect(await ids(other, p256)).toEqual([p256.publicKey.keyId]);
    expect(await ids(p256, ed25519, p256)).toEqual([p256.publicKey.keyId, ed25519.publicKey.keyId]);
  });

  it('with a hint is not taken for one by another algorithm, and without one not either', async () => {
    const { ed25519, p256 } = await signers;
    const files = fileOf(GGUF);
    const json = JSON.parse(text(await sign(files, [p256])));
    const verify = (keyid: string): Promise<string> => {
      json.signatures[0].keyid = keyid;
      return codeOf(() => verifySignature({ files, signature: utf8(JSON.stringify(json)), keys: [pemOf(ed25519)] }));
    };
    expect(await verify(ed25519.publicKey.keyId)).toBe('PROVENANCE_SIGNATURE');
    expect(await verify('')).toBe('PROVENANCE_NO_SIGNATURE');
  });

  it('does not hold for another payload or another type', async () => {
    const { ed25519 } = await signers;
    const files = fileOf(GGUF);
    const [mine, its] = [await sign(files, [ed25519]), await sign(fileOf(new Uint8Array([...GGUF, 0])), [ed25519])];
    const json = JSON.parse(text(mine));
    const swapped = { ...json, payload: JSON.parse(text(its)).payload };
    const keys = [pemOf(ed25519)];
    const verify = (value: unknown): Promise<string> =>
      codeOf(() => verifySignature({ files, signature: utf8(JSON.stringify(value)), keys }));
    expect(await verify(json)).toBe('ok');
    expect(await verify(swapped)).toBe('PROVENANCE_SIGNATURE');
    expect(await verify({ ...json, payloadType: 'application/json' })).toBe('PROVENANCE_PAYLOAD_TYPE');
    expect(await verify({ ...json, signatures: [] })).toBe('PROVENANCE_NO_SIGNATURE');
  });

  it('does not hold for another artifact', async () => {
    const { ed25519 } = await signers;
    const signature = await sign(fileOf(GGUF), [ed25519]);
    const request = { files: fileOf(new Uint8Array([...GGUF, 0])), signature, keys: [pemOf(ed25519)] };
    expect(await codeOf(() => verifySignature(request))).toBe('PROVENANCE_SUBJECT');
  });
});

describe('a directory', () => {
  const FILES = { 'a.safetensors': 'A', 'b.safetensors': 'B', 'config.json': '{}' };

  async function verify(files: Readonly<Record<string, string>>): Promise<string> {
    const { ed25519 } = await signers;
    const signature = await sign(directoryOf(FILES), [ed25519]);
    return codeOf(() => verifySignature({ files: directoryOf(files), signature, keys: [pemOf(ed25519)] }));
  }

  it('is its files', async () => {
    expect(await verify(FILES)).toBe('ok');
    expect(await verify({ ...FILES, '.gitattributes': 'x', 'model.sig': 'x' })).toBe('ok');
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['a file more', { ...FILES, 'tokenizer.json': '{}' }, 'PROVENANCE_FILE_UNSIGNED'],
    ['a file less', { 'a.safetensors': 'A', 'config.json': '{}' }, 'PROVENANCE_FILE_MISSING'],
    ['a file changed', { ...FILES, 'config.json': '{ }' }, 'PROVENANCE_SUBJECT'],
    ['two files exchanged', { ...FILES, 'a.safetensors': 'B', 'b.safetensors': 'A' }, 'PROVENANCE_SUBJECT'],
    ['a file renamed', { 'a.safetensors': 'A', 'c.safetensors': 'B', 'config.json': '{}' }, 'PROVENANCE_FILE_MISSING'],
  ])('is refused with %s', async (_, files, code) => {
    expect(await verify(files)).toBe(code);
  });

  it('vouches for one of its files, by its name', async () => {
    const { ed25519 } = await signers;
    const signature = await sign(directoryOf(FILES), [ed25519]);
    const one = (name: string, content: string): Promise<string> =>
      codeOf(() => verifySignature({ files: fileOf(utf8(content), name), signature, keys: [pemOf(ed25519)] }));
    expect(await one('a.safetensors', 'A')).toBe('ok');
    expect(await one('a.safetensors', 'B')).toBe('PROVENANCE_SUBJECT');
    expect(await one('c.safetensors', 'A')).toBe('PROVENANCE_FILE_UNSIGNED');
  });
});

describe('a statement', () => {
  const DIGEST = { sha256: '0'.repeat(64) };

  /** Signs any payload, with a key that is trusted: what is wrong is the statement alone. */
  async function verify(payload: string): Promise<string> {
    const { ed25519 } = await signers;
    const { preAuthEncoding, writeEnvelope } = await import('../src/envelope.ts');
    const payloadType = 'application/vnd.in-toto+json';
    const bytes = ed25519.sign(preAuthEncoding(payloadType, utf8(payload)));
    const signature = writeEnvelope({ payloadType, payload: utf8(payload), signatures: [{ keyId: '', bytes }] });
    return codeOf(() => verifySignature({ files: fileOf(GGUF), signature, keys: [pemOf(ed25519)] }));
  }
  const json = (fields: object): string =>
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'model', digest: DIGEST }],
      predicateType: 'https://example.com/other',
      ...fields,
    });

  it('of another predicate is held against its digests', async () => {
    expect(await verify(json({}))).toBe('PROVENANCE_SUBJECT');
    expect(await verify(json({ subject: [{ digest: DIGEST }] }))).toBe('PROVENANCE_SUBJECT');
  });

  it.each<[string, string, string]>([
    ['no JSON', 'x', 'PROVENANCE_STATEMENT'],
    ['a key twice', json({}).replace('{', '{"subject":[],'), 'PROVENANCE_STATEMENT'],
    ['text behind its end', `${json({})}{}`, 'PROVENANCE_STATEMENT'],
    ['no object', '[]', 'PROVENANCE_STATEMENT'],
    ['another version', json({ _type: 'https://in-toto.io/Statement/v0.1' }), 'PROVENANCE_STATEMENT'],
    ['no predicate type', json({ predicateType: undefined }), 'PROVENANCE_STATEMENT'],
    ['no subject', json({ subject: undefined }), 'PROVENANCE_STATEMENT'],
    ['an empty subject', json({ subject: [] }), 'PROVENANCE_STATEMENT'],
    ['a subject without a digest', json({ subject: [{ name: 'a', digest: {} }] }), 'PROVENANCE_STATEMENT'],
    ['a digest that is no text', json({ subject: [{ name: 'a', digest: { sha256: 1 } }] }), 'PROVENANCE_STATEMENT'],
    ['a name twice', json({ subject: [0, 1].map(() => ({ name: 'a', digest: DIGEST })) }), 'PROVENANCE_STATEMENT'],
    [
      'no digest that is known',
      json({ subject: [{ name: 'a', digest: { sha512: '0' } }] }),
      'PROVENANCE_DIGEST_ALGORITHM',
    ],
    ['our predicate without content', json({ predicateType: QUANTIZATION_PREDICATE }), 'PROVENANCE_PREDICATE'],
    [
      'our predicate with a key more',
      json({
        predicateType: QUANTIZATION_PREDICATE,
        predicate: { artifact: { format: 'gguf', byteLength: 1 }, signedBy: TOOL, more: 1 },
      }),
      'PROVENANCE_PREDICATE',
    ],
  ])('is refused with %s', async (_, payload, code) => {
    expect(await verify(payload)).toBe(code);
  });
});

describe('what is said of an artifact', () => {
  it('is what is known: of a model that nothing here runs, its format', async () => {
    expect(await describeArtifact(fileOf(GGUF), TOOL)).toEqual({
      artifact: { format: 'gguf', byteLength: GGUF.byteLength },
      signedBy: TOOL,
    });
  });

  it('is not said of what is no model', async () => {
    expect(await codeOf(() => describeArtifact(fileOf(utf8('PK\x03\x04')), TOOL))).toBe('CHECKPOINT_PICKLE');
    await expect(describeArtifact(fileOf(utf8('{"a":1}'), 'config.json'), TOOL)).rejects.toThrow(RangeError);
  });

  it('is what a directory says', async () => {
    const files = await openPath(new URL('../../../fixtures/story/hf', import.meta.url).pathname);
    expect(await describeArtifact(files, TOOL)).toMatchObject({
      artifact: { format: 'huggingface' },
      model: { architecture: 'llama' },
    });
  });
});
