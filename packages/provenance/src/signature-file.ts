/**
 * Signature files: a DSSE envelope alone, or one in a Sigstore bundle, version 0.3, as OpenSSF Model Signing writes
 * `model.sig` (https://github.com/sigstore/model-transparency, docs/model_signing_format.md).
 *
 * ```
 * {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
 *  "verificationMaterial": {"publicKey": {"hint": text}                                       by a key
 *                         | "x509CertificateChain": {"certificates": [{"rawBytes": base64}]}   by a certificate
 *                         | "certificate": {"rawBytes": base64}, "tlogEntries": […]},          keyless
 *  "dsseEnvelope": envelope}
 * ```
 */
import { type JsonObject, type JsonValue, sanitizeText } from '@mirust/core';
import { decodeBase64 } from './_base64.ts';
import { type FieldReader, fieldReader } from './_fields.ts';
import { type Envelope, envelopeOf, parseSignatureJson } from './envelope.ts';

/** The one media type of bundles that is read. */
const BUNDLE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Certificates in a bundle: the signer's, and those between it and a root. */
export const MAX_CERTIFICATES = 16;

/** How a signature says that it can be verified; none of it is signed. */
export type VerificationMaterial =
  /** By a key that the verifier knows: an envelope alone, or a bundle with a hint at the key (empty where none is stated). */
  | { readonly kind: 'key'; readonly hint: string }
  /** By a certificate, the first one; the others lead to its root. In DER. */
  | { readonly kind: 'certificates'; readonly certificates: readonly Uint8Array<ArrayBuffer>[] }
  /** By a certificate of some minutes that a log bears witness of. */
  | { readonly kind: 'keyless' };

/** A signature file, taken apart. Nothing of it is verified. */
export interface SignatureFile {
  readonly format: 'dsse' | 'bundle';
  readonly envelope: Envelope;
  readonly material: VerificationMaterial;
}

/** Reads a signature file. Throws `PROVENANCE_TOO_LARGE`, `PROVENANCE_ENVELOPE` and `PROVENANCE_BUNDLE`. */
export function readSignatureFile(bytes: Uint8Array): SignatureFile {
  const json = parseSignatureJson(bytes);
  if (!json.has('mediaType'))
    return { format: 'dsse', envelope: envelopeOf(json), material: { kind: 'key', hint: '' } };
  const read = fieldReader('PROVENANCE_BUNDLE', 'the bundle');
  const mediaType = read.string(json.get('mediaType'), 'mediaType');
  if (mediaType !== BUNDLE_MEDIA_TYPE) throw read.failure('mediaType', `is ${sanitizeText(mediaType)}`);
  const material = materialOf(read, read.object(json.get('verificationMaterial'), 'verificationMaterial'));
  return { format: 'bundle', envelope: envelopeOf(read.object(json.get('dsseEnvelope'), 'dsseEnvelope')), material };
}

function materialOf(read: FieldReader, material: JsonObject): VerificationMaterial {
  const kinds = ['publicKey', 'x509CertificateChain', 'certificate'].filter((kind) => material.has(kind));
  if (kinds.length !== 1) throw read.failure('verificationMaterial', `has ${kinds.length} kinds of it`);
  if (kinds[0] === 'certificate') return { kind: 'keyless' };
  if (kinds[0] === 'publicKey') {
    const hint = read.object(material.get('publicKey'), 'publicKey').get('hint');
    return { kind: 'key', hint: hint === undefined || hint === null ? '' : read.string(hint, 'publicKey.hint') };
  }
  const chain = read.object(material.get('x509CertificateChain'), 'x509CertificateChain');
  const list = read.array(chain.get('certificates'), 'certificates', MAX_CERTIFICATES);
  if (list.length === 0) throw read.failure('certificates', 'is empty');
  return { kind: 'certificates', certificates: list.map((value, index) => certificateOf(read, value, index)) };
}

function certificateOf(read: FieldReader, value: JsonValue, index: number): Uint8Array<ArrayBuffer> {
  const path = `certificates[${index}]`;
  const bytes = decodeBase64(read.string(read.object(value, path).get('rawBytes'), `${path}.rawBytes`));
  if (bytes === undefined) throw read.failure(`${path}.rawBytes`, 'is not base64');
  return bytes;
}
