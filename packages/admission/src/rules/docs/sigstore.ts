/** Rules of signatures by certificates and identities. */
import type { RuleDocs } from './rule-doc.ts';

export const SIGSTORE_DOCS: RuleDocs = {
  PROVENANCE_BUNDLE: {
    about:
      'OpenSSF model signing stores its signatures as Sigstore bundles, version 0.3. What a bundle is verified with depends on what it holds: a hint at a key, a chain of certificates, or a certificate with its log entry. Exactly one of them must be there, else a verifier could be led to check less than the signer promised.',
    example: {
      input: { described: 'A bundle has the media type application/vnd.dev.sigstore.bundle.v0.4+json.' },
      says: 'mediaType is application/vnd.dev.sigstore.bundle.v0.4+json in the bundle',
    },
  },
  PROVENANCE_CERTIFICATE: {
    about:
      'A chain has to lead from the signing certificate to a root that was given, each link signed by the next and allowed to sign certificates. The signing certificate must be meant for signatures, and every one in force when it was issued. Extensions that are critical and not understood refuse the chain.',
    example: {
      input: {
        described: 'A model is signed with a certificate of one authority and verified with the root of another.',
      },
      says: 'the signing certificate: it does not lead to a trusted root',
    },
  },
  PROVENANCE_TRUSTED_ROOT: {
    about:
      'Keyless signatures are verified with the keys of a certificate authority and of two public logs, all in one file that the user gives. It is never fetched, so that verification works offline and nobody between changes it. What cannot be read as such a file is trusted for nothing.',
    example: {
      input: { described: 'The trusted root is an empty list.' },
      says: 'the trusted root is not an object',
    },
  },
  PROVENANCE_TRANSPARENCY: {
    about:
      'The key of a keyless signature lives for minutes; that it was used then, and by whom, is proven by a certificate, a timestamp and an entry in a public log. All of them are checked against the trusted root, and the entry must be about this very envelope.',
    example: {
      input: { described: 'The payload in the bundle of a keyless signature was exchanged.' },
      says: 'DSSE payload hash mismatch',
    },
  },
  PROVENANCE_IDENTITY: {
    about:
      'Anybody can get a certificate from a public authority, for an address of their own. What matters is whose it is: identity and issuer are compared as whole texts, never as patterns, because a pattern that matches one address too many is how such checks fail.',
    example: {
      input: { described: 'A model is signed as signer@example.com, and other@example.com is asked for.' },
      says: 'not signed by other@example.com as https://issuer.example.com knows them',
    },
  },
};
