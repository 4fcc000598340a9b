/**
 * Keyless signatures: the certificate lives for some minutes and names who asked for it, and a public log bears witness
 * that it was used in that time (https://docs.sigstore.dev). All of it is checked against a trusted root, a file that the
 * verifier brings: nothing here touches the network. The checks are those of the Sigstore project's own library.
 */
import { isMirustError, type JsonObject, parseStrictJson, sanitizeText } from '@mirust/core';
import { plainJson } from '@mirust/integrity';
import { fieldReader } from '../_fields.ts';
import { parseSignatureJson } from '../envelope.ts';
import { type ProvenanceErrorCode, provenanceError } from '../errors.ts';
import { checkPayloadType } from '../sign.ts';
import { readSignatureFile } from '../signature-file.ts';
import { parseStatement, type Statement } from '../statement.ts';

/** Who is trusted. */
export interface KeylessTrust {
  /** `trusted_root.json` of a Sigstore instance, or a client's trust configuration that has one inside. */
  readonly trustedRoot: Uint8Array;
  /** Who is to have signed: an address or a URI, exactly as the certificate has it. */
  readonly identity: string;
  /** URI of who is to have confirmed the identity. */
  readonly issuer: string;
}

/** A statement, and who vouches for it. */
export interface KeylessSigner {
  readonly identity: string;
  readonly issuer: string;
  readonly statement: Statement;
}

/** Longest trusted root; that of the public instance has 7 kB. */
const MAX_TRUSTED_ROOT_BYTES = 2 ** 20;

/**
 * Verifies a keyless signature file. Throws `PROVENANCE_TRUSTED_ROOT`, `PROVENANCE_TRANSPARENCY`, `PROVENANCE_IDENTITY`,
 * `PROVENANCE_SIGNATURE`, `PROVENANCE_NO_SIGNATURE` for a signature by other means, and what reading the file and the
 * statement throw.
 */
export async function verifyKeyless(signature: Uint8Array, trust: KeylessTrust): Promise<KeylessSigner> {
  const { envelope, material } = readSignatureFile(signature);
  if (material.kind !== 'keyless') throw provenanceError('PROVENANCE_NO_SIGNATURE', 'not signed without a key');
  checkPayloadType(envelope);
  // Heavy, and needed here alone.
  const sigstore = await import('./_sigstore.ts');
  const root = parseTrustedRoot(trust.trustedRoot);
  const trusted = guarded('PROVENANCE_TRUSTED_ROOT', 'the trusted root is not one', () =>
    sigstore.toTrustMaterial(sigstore.TrustedRoot.fromJSON(plainJson(root))),
  );
  const bundle = guarded('PROVENANCE_BUNDLE', 'the bundle is not complete', () =>
    sigstore.bundleFromJSON(plainJson(parseSignatureJson(signature))),
  );
  const { content } = bundle;
  const isSame =
    content.$case === 'dsseEnvelope' &&
    content.dsseEnvelope.payloadType === envelope.payloadType &&
    content.dsseEnvelope.payload.equals(envelope.payload);
  // Two parsers have read it: what one verifies is what the other gives out.
  if (!isSame) throw provenanceError('PROVENANCE_BUNDLE', 'the bundle can be read in two ways');
  try {
    // The library takes a pattern; an address is to match as a whole and with points that are points.
    const subjectAlternativeName = `^${trust.identity.replaceAll(/[$()*+./?[\\\]^{|}-]/g, '\\$&')}$`;
    const policy = { subjectAlternativeName, extensions: { issuer: trust.issuer } };
    new sigstore.Verifier(trusted).verify(sigstore.toSignedEntity(bundle), policy);
  } catch (cause) {
    if (cause instanceof sigstore.PolicyError) {
      const message = `not signed by ${sanitizeText(trust.identity)} as ${sanitizeText(trust.issuer)} knows them`;
      throw provenanceError('PROVENANCE_IDENTITY', message, { cause });
    }
    const message = cause instanceof Error ? sanitizeText(cause.message) : '';
    if (cause instanceof sigstore.VerificationError) {
      const code = cause.code === 'SIGNATURE_ERROR' ? 'PROVENANCE_SIGNATURE' : 'PROVENANCE_TRANSPARENCY';
      throw provenanceError(code, message, { cause });
    }
    // Parsers of certificates, timestamps and log entries, on bytes that are none.
    throw provenanceError('PROVENANCE_BUNDLE', `the bundle cannot be read: ${message}`, { cause });
  }
  return { identity: trust.identity, issuer: trust.issuer, statement: parseStatement(envelope.payload) };
}

function parseTrustedRoot(bytes: Uint8Array): JsonObject {
  const read = fieldReader('PROVENANCE_TRUSTED_ROOT', 'the trusted root');
  try {
    const json = read.object(
      parseStrictJson(bytes, { what: 'the trusted root', maxBytes: MAX_TRUSTED_ROOT_BYTES }),
      '',
    );
    return json.has('trustedRoot') ? read.object(json.get('trustedRoot'), 'trustedRoot') : json;
  } catch (cause) {
    if (!isMirustError(cause) || cause.code === 'PROVENANCE_TRUSTED_ROOT') throw cause;
    throw provenanceError('PROVENANCE_TRUSTED_ROOT', cause.message, { cause });
  }
}

function guarded<T>(code: ProvenanceErrorCode, message: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw provenanceError(code, message, { cause });
  }
}
