/**
 * Signatures by a certificate, as model_signing makes them: the bundle brings the signer's certificate and those between
 * it and a root, the verifier trusts roots.
 *
 * A path is looked for from the signer's certificate to a self-signed one that is trusted; trusted certificates that are
 * not self-signed help to find it. OpenSSL (by way of Node) says who has issued whom, and checks the signatures. Further:
 *
 * - All are valid when the signer's begins to be, as in the reference implementation: nobody bears witness of the time of
 *   such a signature, so an expired certificate goes on to verify what it may have signed in its time.
 * - Issuers are certificate authorities, and no more of them follow than their path length allows.
 * - Signatures with SHA-1 and MD5, critical extensions that are not understood, and constraints on names and policies are
 *   refused: who restricts an authority must not be ignored.
 * - The signer's is for digital signatures, or where it does not say what for, for the signing of code.
 */
import { X509Certificate } from 'node:crypto';
import { sanitizeText } from '@mirust/core';
import { X509Certificate as ParsedCertificate } from '@sigstore/core';
import { provenanceError } from '../errors.ts';
import { publicKeyOf } from '../keys.ts';
import { type SignedStatement, verifyEnvelope } from '../sign.ts';
import type { SignatureFile } from '../signature-file.ts';

/** Certificates that are trusted at once: the roots of an operating system are half as many. */
const MAX_TRUSTED = 512;

/** From the signer's certificate to the root. */
const MAX_PATH_LENGTH = 8;

/** Extensions that are understood, or say nothing about what a certificate may be used for. */
const UNDERSTOOD = new Set([
  '2.5.29.14', // subject key identifier
  '2.5.29.15', // key usage
  '2.5.29.17', // subject alternative name
  '2.5.29.18', // issuer alternative name
  '2.5.29.19', // basic constraints
  '2.5.29.32', // certificate policies
  '2.5.29.35', // authority key identifier
  '2.5.29.37', // extended key usage
]);

/** Name constraints, policy constraints, inhibit any policy: refused, critical or not. */
const CONSTRAINTS = new Set(['2.5.29.30', '2.5.29.36', '2.5.29.54']);

/** ECDSA and RSA (both paddings) with SHA-256 and longer, Ed25519. RSA-PSS states its hash elsewhere, and is not here. */
const SIGNATURE_ALGORITHMS = new Set([
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.3.101.112',
]);

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

/** A statement, and the certificate of who vouches for it. */
export interface CertificateSigner extends SignedStatement {
  /** Subject of the certificate. Text of the file, made safe. */
  readonly subject: string;
}

interface Certificate {
  readonly x509: X509Certificate;
  readonly parsed: ParsedCertificate;
}

/**
 * Verifies a signature by a certificate that leads to a trusted root. `trusted`: certificates in PEM, any number in a
 * text. Throws `PROVENANCE_CERTIFICATE`, `PROVENANCE_NO_SIGNATURE` for a signature by other means, and as
 * `verifyEnvelope` does.
 */
export async function verifyByCertificates(
  { envelope, material }: SignatureFile,
  trusted: readonly string[],
): Promise<CertificateSigner> {
  if (material.kind !== 'certificates') {
    throw provenanceError('PROVENANCE_NO_SIGNATURE', 'not signed with a certificate that leads to a root');
  }
  const roots = trusted.flatMap(parsePem);
  if (roots.length > MAX_TRUSTED) {
    const context = { limit: MAX_TRUSTED, actual: roots.length };
    throw provenanceError('PROVENANCE_TOO_LARGE', `${roots.length} trusted certificates`, context);
  }
  const [signer, ...others] = material.certificates.map((der) => parseCertificate(Buffer.from(der)));
  if (signer === undefined) throw failure('there is none');
  checkExtensions(signer);
  checkUsage(signer);
  const path = findPath([signer], roots, [...roots, ...others], signer.parsed.notBefore);
  if (path === undefined) throw failure('it does not lead to a trusted root');
  const key = await publicKeyOf(Uint8Array.from(signer.x509.publicKey.export({ format: 'der', type: 'spki' })));
  // The certificate says whose key it is; `keyid` has nothing to add.
  const signatures = envelope.signatures.map(({ bytes }) => ({ keyId: key.keyId, bytes }));
  const signed = verifyEnvelope({ ...envelope, signatures }, [key]);
  return { ...signed, subject: sanitizeText(signer.x509.subject.replaceAll('\n', ', ')) };
}

/** Extends a path to a trusted root; undefined where there is no way. */
function findPath(
  path: readonly Certificate[],
  roots: readonly Certificate[],
  others: readonly Certificate[],
  time: Date,
): readonly Certificate[] | undefined {
  const last = path[path.length - 1] as Certificate;
  if (!last.parsed.validForDate(time)) return undefined;
  if (isSelfSigned(last) && roots.some((root) => same(root, last))) return path;
  if (path.length === MAX_PATH_LENGTH) return undefined;
  for (const issuer of others) {
    if (path.some((known) => same(known, issuer)) || !isIssuer(issuer, last, path.length - 1)) continue;
    const found = findPath([...path, issuer], roots, others, time);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a certificate has issued another, below which there are so many authorities. */
function isIssuer(issuer: Certificate, { x509, parsed }: Certificate, authoritiesBelow: number): boolean {
  if (!x509.checkIssued(issuer.x509) || !issuer.x509.ca || !issuer.parsed.isCA) return false;
  const limit = issuer.parsed.extBasicConstraints?.pathLenConstraint;
  if (limit !== undefined && limit < BigInt(authoritiesBelow)) return false;
  const algorithm = parsed.root.subs[1]?.subs[0]?.toOID() ?? '';
  if (!SIGNATURE_ALGORITHMS.has(algorithm)) return false;
  checkExtensions(issuer);
  return x509.verify(issuer.x509.publicKey);
}

function isSelfSigned({ x509 }: Certificate): boolean {
  return x509.checkIssued(x509) && x509.verify(x509.publicKey);
}

function same(a: Certificate, b: Certificate): boolean {
  return a.x509.raw.equals(b.x509.raw);
}

/** Throws `PROVENANCE_CERTIFICATE` for what restricts a certificate in a way that is not understood. */
function checkExtensions({ parsed }: Certificate): void {
  for (const extension of parsed.extensions) {
    const oid = extension.subs[0]?.toOID() ?? '';
    const isCritical = parsed.extension(oid)?.critical === true;
    if (CONSTRAINTS.has(oid) || (isCritical && !UNDERSTOOD.has(oid))) {
      throw failure(`it has the extension ${sanitizeText(oid)}, which is not supported`);
    }
  }
}

function checkUsage({ x509, parsed }: Certificate): void {
  const usage = parsed.extKeyUsage;
  const purposes: readonly string[] = x509.keyUsage ?? [];
  if (usage === undefined ? purposes.includes(CODE_SIGNING) : usage.digitalSignature) return;
  throw failure('it is not for signing');
}

function parsePem(text: string): Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw failure('there is none in the PEM that is trusted');
  return blocks.map((block) => parseCertificate(block));
}

/** Both parsers must take it: one knows issuers and signatures, the other what extensions say. */
function parseCertificate(input: string | Buffer<ArrayBuffer>): Certificate {
  try {
    const x509 = new X509Certificate(input);
    const parsed = ParsedCertificate.parse(Buffer.from(x509.raw));
    // Fields are parsed when they are asked for: those that are needed, here, where an error is a bad certificate.
    const { notBefore, notAfter, extensions, extKeyUsage, extBasicConstraints, isCA } = parsed;
    for (const extension of extensions) extension.subs[0]?.toOID();
    void [notBefore, notAfter, extKeyUsage?.digitalSignature, extBasicConstraints?.pathLenConstraint, isCA];
    return { x509, parsed };
  } catch (cause) {
    throw provenanceError('PROVENANCE_CERTIFICATE', 'a certificate cannot be read', { cause });
  }
}

function failure(problem: string): Error {
  return provenanceError('PROVENANCE_CERTIFICATE', `the signing certificate: ${problem}`);
}
