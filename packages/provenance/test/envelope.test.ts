/** DSSE envelopes: what is read, what is refused, and what is signed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from '../src/_base64.ts';
import { MAX_SIGNATURE_BYTES, preAuthEncoding, writeEnvelope } from '../src/envelope.ts';
import { readSignatureFile } from '../src/index.ts';
import { codeOf, text, utf8 } from './_support.ts';

const TYPE = 'application/vnd.in-toto+json';
const read = (json: string | Uint8Array) => readSignatureFile(typeof json === 'string' ? utf8(json) : json);
const envelope = (fields: object): string =>
  JSON.stringify({ payload: 'e30=', payloadType: TYPE, signatures: [{ sig: 'AAEC' }], ...fields });

describe('what is signed', () => {
  it('is the example of the specification', () => {
    expect(text(preAuthEncoding('http://example.com/HelloWorld', utf8('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it('counts bytes, not characters', () => {
    expect(text(preAuthEncoding('ü', utf8('€')))).toBe('DSSEv1 2 ü 3 €');
  });

  it('differs wherever type or payload differ', () => {
    const pair = fc.tuple(fc.string({ unit: 'binary' }), fc.uint8Array());
    fc.assert(
      fc.property(pair, pair, ([typeA, a], [typeB, b]) => {
        const isSame = typeA === typeB && a.toString() === b.toString();
        return (preAuthEncoding(typeA, a).toString() === preAuthEncoding(typeB, b).toString()) === isSame;
      }),
    );
  });
});

describe('an envelope', () => {
  it('is taken apart', () => {
    expect(read(envelope({ signatures: [{ keyid: 'k', sig: 'AAEC' }, { sig: '_-8=' }] }))).toEqual({
      format: 'dsse',
      material: { kind: 'key', hint: '' },
      envelope: {
        payloadType: TYPE,
        payload: utf8('{}'),
        signatures: [
          { keyId: 'k', bytes: Uint8Array.of(0, 1, 2) },
          { keyId: '', bytes: Uint8Array.of(255, 239) },
        ],
      },
    });
  });

  it('may have fields that are not in the specification', () => {
    expect(read(envelope({ comment: 1 })).envelope.signatures).toHaveLength(1);
  });

  it('is written in one way, and read again', () => {
    const written = writeEnvelope({
      payloadType: TYPE,
      payload: utf8('{}'),
      signatures: [{ keyId: 'k', bytes: Uint8Array.of(1) }],
    });
    expect(text(written)).toBe(
      `{"payload":"e30=","payloadType":"${TYPE}","signatures":[{"keyid":"k","sig":"AQ=="}]}\n`,
    );
    expect(text(writeEnvelope(read(written).envelope))).toBe(text(written));
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'x'],
    ['no object', '[]'],
    ['a byte-order mark', `\ufeff${envelope({})}`],
    ['text behind its end', `${envelope({})} {}`],
    ['a key twice', envelope({}).replace('{', '{"payload":"e30=",')],
    ['a key of a signature twice', envelope({}).replace('"sig"', '"sig":"","sig"')],
    ['no payload', envelope({ payload: undefined })],
    ['a payload that is no text', envelope({ payload: 1 })],
    ['a payload that is not base64', envelope({ payload: '{}' })],
    ['a payload without padding', envelope({ payload: 'e30' })],
    ['white space in the payload', envelope({ payload: 'e3 0=' })],
    ['both alphabets in the payload', envelope({ payload: '+_8=' })],
    ['bits behind the last byte', envelope({ payload: 'e31=' })],
    ['no type', envelope({ payloadType: undefined })],
    ['no signatures', envelope({ signatures: undefined })],
    ['signatures that are no list', envelope({ signatures: {} })],
    ['a signature that is no object', envelope({ signatures: ['AAEC'] })],
    ['a signature without bytes', envelope({ signatures: [{ keyid: 'k' }] })],
    ['a keyid that is no text', envelope({ signatures: [{ keyid: 1, sig: 'AAEC' }] })],
  ])('is refused with %s', async (_, json) => {
    expect(await codeOf(() => read(json))).toBe('PROVENANCE_ENVELOPE');
  });

  it('is refused where it is not UTF-8', async () => {
    expect(await codeOf(() => read(Uint8Array.of(0x7b, 0xff, 0x7d)))).toBe('PROVENANCE_ENVELOPE');
  });

  it('is refused by its length alone, and with too many signatures', async () => {
    const garbage = new Uint8Array(MAX_SIGNATURE_BYTES + 1);
    expect(await codeOf(() => read(garbage))).toBe('PROVENANCE_TOO_LARGE');
    const signatures = Array.from({ length: 17 }, () => ({ sig: 'AAEC' }));
    expect(await codeOf(() => read(envelope({ signatures })))).toBe('PROVENANCE_TOO_LARGE');
  });
});

describe('a bundle', () => {
  const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const bundle = (fields: object): string =>
    JSON.stringify({
      mediaType,
      verificationMaterial: { publicKey: { hint: 'h' } },
      dsseEnvelope: JSON.parse(envelope({})),
      ...fields,
    });

  it.each<[object, object]>([
    [{ publicKey: { hint: 'h' } }, { kind: 'key', hint: 'h' }],
    [{ publicKey: {} }, { kind: 'key', hint: '' }],
    [
      { x509CertificateChain: { certificates: [{ rawBytes: 'AQ==' }] } },
      { kind: 'certificates', certificates: [Uint8Array.of(1)] },
    ],
    [{ certificate: { rawBytes: 'AQ==' } }, { kind: 'keyless' }],
  ])('says how it is verified: %j', (verificationMaterial, material) => {
    expect(read(bundle({ verificationMaterial }))).toMatchObject({ format: 'bundle', material });
  });

  it.each<[string, object, string]>([
    ['another version', { mediaType: 'application/vnd.dev.sigstore.bundle.v0.4+json' }, 'PROVENANCE_BUNDLE'],
    ['no material', { verificationMaterial: undefined }, 'PROVENANCE_BUNDLE'],
    ['empty material', { verificationMaterial: {} }, 'PROVENANCE_BUNDLE'],
    ['two kinds of material', { verificationMaterial: { publicKey: {}, certificate: {} } }, 'PROVENANCE_BUNDLE'],
    ['no certificates', { verificationMaterial: { x509CertificateChain: { certificates: [] } } }, 'PROVENANCE_BUNDLE'],
    [
      'a certificate that is not base64',
      { verificationMaterial: { x509CertificateChain: { certificates: [{ rawBytes: '?' }] } } },
      'PROVENANCE_BUNDLE',
    ],
    [
      'many certificates',
      { verificationMaterial: { x509CertificateChain: { certificates: Array(17).fill({ rawBytes: '' }) } } },
      'PROVENANCE_TOO_LARGE',
    ],
    ['a signature of a message', { dsseEnvelope: undefined, messageSignature: {} }, 'PROVENANCE_BUNDLE'],
  ])('is refused with %s', async (_, fields, code) => {
    expect(await codeOf(() => read(bundle(fields)))).toBe(code);
  });
});

describe('base64', () => {
  it('has one text per value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const encoded = encodeBase64(bytes);
        expect(encoded).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(encoded)).toEqual(bytes);
        const urlSafe = encoded.replaceAll('+', '-').replaceAll('/', '_');
        expect(decodeBase64(urlSafe)).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.base64String(), (encoded) => {
        const bytes = decodeBase64(encoded);
        return bytes === undefined || encodeBase64(bytes) === encoded;
      }),
    );
  });
});
