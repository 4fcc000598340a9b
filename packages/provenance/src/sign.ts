/** Signing statements, and verifying who signed them: bytes in, bytes out; no file is looked at. */
import { sanitizeText } from '@mirust/core';
import {
  type Envelope,
  type EnvelopeSignature,
  IN_TOTO_PAYLOAD_TYPE,
  preAuthEncoding,
  writeEnvelope,
} from './envelope.ts';
import { provenanceError } from './errors.ts';
import { type PublicKey, type Signer, verifyMessage } from './keys.ts';
import { parseStatement, type Statement, type StatementContent, writeStatement } from './statement.ts';

/** Signs a statement; gives the bytes of the signature file. */
export function signStatement(statement: StatementContent, signers: readonly Signer[]): Uint8Array {
  const payload = writeStatement(statement);
  const message = preAuthEncoding(IN_TOTO_PAYLOAD_TYPE, payload);
  return writeEnvelope({
    payloadType: IN_TOTO_PAYLOAD_TYPE,
    payload,
    signatures: signers.map(({ publicKey, sign }) => ({ keyId: publicKey.keyId, bytes: sign(message) })),
  });
}

/** A statement and who vouches for it. */
export interface SignedStatement {
  /** Identities of those of the given keys that signed, each once, in the order of the keys; at least one. */
  readonly keyIds: readonly string[];
  readonly statement: Statement;
}

/**
 * Verifies an envelope and reads its statement. One signature by one of the keys is enough; whoever wants more counts
 * `keyIds`. A signature that states a `keyid` is tried with the key that has it alone, and one that states none with all.
 *
 * Throws `PROVENANCE_PAYLOAD_TYPE`; `PROVENANCE_SIGNATURE` where a signature is said to be by one of the keys and is not
 * valid, whatever else there is; `PROVENANCE_NO_SIGNATURE`; `PROVENANCE_STATEMENT`. The statement is not read before a
 * signature has been verified.
 */
export function verifyEnvelope(envelope: Envelope, keys: readonly PublicKey[]): SignedStatement {
  if (keys.length === 0) throw new RangeError('no keys are trusted');
  checkPayloadType(envelope);
  const message = preAuthEncoding(envelope.payloadType, envelope.payload);
  const signed = new Set<string>();
  for (const signature of envelope.signatures) {
    for (const key of candidates(signature, keys)) {
      if (verifyMessage(key, message, signature.bytes)) signed.add(key.keyId);
      else if (signature.keyId !== '') {
        throw provenanceError('PROVENANCE_SIGNATURE', `the signature by key ${key.keyId} is not valid`);
      }
    }
  }
  if (signed.size === 0) throw noSignature(envelope.signatures, keys);
  const keyIds = keys.map(({ keyId }) => keyId).filter((keyId, index, all) => all.indexOf(keyId) === index);
  return { keyIds: keyIds.filter((keyId) => signed.has(keyId)), statement: parseStatement(envelope.payload) };
}

/** Throws `PROVENANCE_PAYLOAD_TYPE` for what is no in-toto statement. */
export function checkPayloadType({ payloadType }: Envelope): void {
  if (payloadType === IN_TOTO_PAYLOAD_TYPE) return;
  const actual = sanitizeText(payloadType);
  const context = { expected: IN_TOTO_PAYLOAD_TYPE, actual };
  throw provenanceError('PROVENANCE_PAYLOAD_TYPE', `the payload is of type ${actual}`, context);
}

function candidates({ keyId }: EnvelopeSignature, keys: readonly PublicKey[]): readonly PublicKey[] {
  return keyId === '' ? keys : keys.filter((key) => key.keyId === keyId);
}

function noSignature(signatures: readonly EnvelopeSignature[], keys: readonly PublicKey[]): Error {
  const named = signatures.map(({ keyId }) => (keyId === '' ? 'a key that is not named' : sanitizeText(keyId, 64)));
  const by = named.length === 0 ? 'nobody' : named.slice(0, 4).join(', ');
  const trusted = keys.map(({ keyId }) => keyId);
  const message = `signed by ${by}, not by ${trusted.slice(0, 4).join(' or ')}${trusted.length > 4 ? ' or others' : ''}`;
  return provenanceError('PROVENANCE_NO_SIGNATURE', message);
}
