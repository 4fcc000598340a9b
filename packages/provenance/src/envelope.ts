/**
 * DSSE envelopes, version 1 (https://github.com/secure-systems-lab/dsse): a payload, its type, and signatures over both.
 *
 * ```
 * {"payload": base64, "payloadType": text, "signatures": [{"keyid": text, "sig": base64}, …]}
 *
 * signed are the bytes PAE(type, payload) = "DSSEv1" SP length(type) SP type SP length(payload) SP payload
 * ```
 *
 * `keyid` is not signed: it only narrows down which keys are tried. Fields that are not in the specification are ignored,
 * as it demands; they are not signed either, and nothing here looks at them.
 */
import { isMirustError, type JsonObject, type JsonValue, parseStrictJson } from '@mirust/core';
import { canonicalJson } from '@mirust/integrity';
import { decodeBase64, encodeBase64 } from './_base64.ts';
import { type FieldReader, fieldReader } from './_fields.ts';
import { provenanceError } from './errors.ts';

/** The type of in-toto statements. */
export const IN_TOTO_PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/**
 * Longest signature file. A statement with the error statistics of 65,536 tensors, the most that a container may have,
 * takes 22 MB, and a third more in base64.
 */
export const MAX_SIGNATURE_BYTES: number = 32 * 2 ** 20;

/** Signatures of one envelope, each of which may be tried with each key. */
export const MAX_SIGNATURES = 16;

/** One signature. */
export interface EnvelopeSignature {
  /** Empty where none is stated. */
  readonly keyId: string;
  readonly bytes: Uint8Array;
}

/** An envelope, taken apart. Nothing of it is verified. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

/** What is signed: type and payload, each behind its length, so that neither can be taken for a part of the other. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const encoder = new TextEncoder();
  const type = encoder.encode(payloadType);
  const head = encoder.encode(`DSSEv1 ${type.byteLength} ${payloadType} ${payload.byteLength} `);
  const bytes = new Uint8Array(head.byteLength + payload.byteLength);
  bytes.set(head);
  bytes.set(payload, head.byteLength);
  return bytes;
}

/**
 * Reads the JSON of a signature file. Throws `PROVENANCE_TOO_LARGE` before anything is read of what is too long, and
 * `PROVENANCE_ENVELOPE` for what is no strict JSON (duplicate keys, text behind the end); the cause says where.
 */
export function parseSignatureJson(bytes: Uint8Array): JsonObject {
  if (bytes.byteLength > MAX_SIGNATURE_BYTES) {
    const context = { limit: MAX_SIGNATURE_BYTES, actual: bytes.byteLength };
    throw provenanceError('PROVENANCE_TOO_LARGE', `a signature of ${bytes.byteLength} bytes`, context);
  }
  let value: JsonValue;
  try {
    value = parseStrictJson(bytes, { what: 'the signature', maxBytes: MAX_SIGNATURE_BYTES });
  } catch (cause) {
    if (!isMirustError(cause)) throw cause;
    const { offset } = cause;
    throw provenanceError('PROVENANCE_ENVELOPE', cause.message, { cause, ...(offset === undefined ? {} : { offset }) });
  }
  return fieldReader('PROVENANCE_ENVELOPE', 'the signature').object(value, '');
}

/** Takes an envelope apart. Throws `PROVENANCE_ENVELOPE` and `PROVENANCE_TOO_LARGE`. */
export function envelopeOf(json: JsonObject): Envelope {
  const read = fieldReader('PROVENANCE_ENVELOPE', 'the envelope');
  const signatures = read.array(json.get('signatures'), 'signatures', MAX_SIGNATURES).map((value, index) => {
    const path = `signatures[${index}]`;
    const entry = read.object(value, path);
    const keyId = entry.get('keyid');
    return {
      // model_signing 1.0 writes null.
      keyId: keyId === undefined || keyId === null ? '' : read.string(keyId, `${path}.keyid`),
      bytes: base64(read, entry.get('sig'), `${path}.sig`),
    };
  });
  return {
    payloadType: read.string(json.get('payloadType'), 'payloadType'),
    payload: base64(read, json.get('payload'), 'payload'),
    signatures,
  };
}

function base64(read: FieldReader, value: JsonValue | undefined, path: string): Uint8Array {
  const bytes = decodeBase64(read.string(value, path));
  if (bytes === undefined) throw read.failure(path, 'is not base64');
  return bytes;
}

/** The JSON of an envelope and a line break: the same bytes for the same envelope. */
export function writeEnvelope({ payloadType, payload, signatures }: Envelope): Uint8Array {
  const json = {
    payloadType,
    payload: encodeBase64(payload),
    signatures: signatures.map(({ keyId, bytes }) => ({ keyid: keyId, sig: encodeBase64(bytes) })),
  };
  return new TextEncoder().encode(`${canonicalJson(json)}\n`);
}
