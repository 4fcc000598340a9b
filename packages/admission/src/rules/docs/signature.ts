/** Rules of signatures by keys: envelope, statement, the files that they are about. */
import type { RuleDocs } from './rule-doc.ts';

export const SIGNATURE_DOCS: RuleDocs = {
  PROVENANCE_ENVELOPE: {
    about:
      'A signature file is a DSSE envelope: a payload, its type, and signatures over both. It is read as strictly as a model file, because two readers of a lenient format can verify one thing and use another. A key that stands twice, text behind the end, or a second spelling of the same base64 is refused.',
    example: {
      input: { described: 'The signature file is {"payloadType": "application/vnd.in-toto+json", "payload": "e30="}.' },
      says: 'signatures is missing in the envelope',
    },
  },
  PROVENANCE_TOO_LARGE: {
    about:
      'Signatures of the largest models, with thousands of files by name, have some megabytes. A longer file is refused by its length, before a byte of it is read; so are lists of signatures and certificates, each of which would cost a verification.',
    example: {
      input: { described: 'The model was given as its own signature, a byte longer than the limit.' },
      says: 'a signature of 33554433 bytes',
    },
  },
  PROVENANCE_PAYLOAD_TYPE: {
    about:
      'The type of the payload is part of what is signed, so that a signature over one kind of document can never be shown as one over another. Models are signed as in-toto statements, and nothing else is opened.',
    example: {
      input: { described: 'The payloadType of an envelope is text/plain.' },
      says: 'the payload is of type text/plain',
    },
  },
  PROVENANCE_KEY: {
    about:
      'Keys are given in PEM, a public one as SubjectPublicKeyInfo, a private one as PKCS#8. Certificates, several keys in one file, and private keys where public ones belong are refused by what they are, so that nobody publishes a secret by accident. Points that are not on their curve are refused, too.',
    example: {
      input: { described: 'A certificate is given as the public key.' },
      says: 'a "CERTIFICATE", not a public key',
    },
  },
  PROVENANCE_KEY_ALGORITHM: {
    about:
      'Ed25519 and ECDSA over the curves of NIST are what signers of models use. The algorithm comes from the key and never from the signature file, so a forger cannot choose a weaker one. RSA and other curves are not implemented.',
    example: {
      input: { described: 'The public key is one of RSA.' },
      says: 'the key is of an algorithm that is not supported',
    },
  },
  PROVENANCE_NO_SIGNATURE: {
    about:
      'A signature proves something only if its key belongs to somebody who is trusted. The envelope names its keys; none of them is among those that were given. A signature by a certificate is none by a key, and has to be verified as such.',
    example: {
      input: { described: 'The model is signed with one key, and verified with another.' },
      says: 'signed by fd110d301d2f077de1414b8f99f441b1403fab207b2052fbd2c065e4ee8e7dc2, not by 47dea58ea00fae9417ee19d76755bfef690899021132effb04fe1f9e4f0c8059',
    },
  },
  PROVENANCE_SIGNATURE: {
    about:
      'The envelope says that a trusted key signed it, and the mathematics says otherwise. Either the payload, its type or the signature was changed afterwards. It is refused even where another signature beside it is good: somebody has tampered with this file.',
    example: {
      input: { described: 'The first character of the signature in an envelope is another one.' },
      says: 'the signature by key fd110d301d2f077de1414b8f99f441b1403fab207b2052fbd2c065e4ee8e7dc2 is not valid',
    },
  },
  PROVENANCE_STATEMENT: {
    about:
      'The payload is an in-toto statement: subjects with their digests, and a predicate about them. One without subjects is about nothing and would hold for every file; one of another version may mean something else by the same fields.',
    example: {
      input: { described: 'A statement has an empty list of subjects.' },
      says: 'subject is empty in the statement',
    },
  },
  PROVENANCE_PREDICATE: {
    about:
      'The type of the predicate says which rules its content follows: our own record of a quantization, or the list of files of OpenSSF model signing. A predicate of a known type that breaks its rules is refused, since its signer meant something that cannot be told.',
    example: {
      input: { described: 'A statement has the type of OpenSSF model signing and an empty predicate.' },
      says: 'serialization is missing in the statement',
    },
  },
  PROVENANCE_DIGEST_ALGORITHM: {
    about:
      'A subject may have several digests, of which all that are known must be right and one must be known. MD5 and SHA-1 do not count, because files with the same digest can be made; BLAKE is not implemented.',
    example: {
      input: { described: 'The only digest of model.gguf in a statement is one by MD5.' },
      says: 'model.gguf has no digest by SHA-256',
    },
  },
  PROVENANCE_SUBJECT: {
    about:
      'The signature is good, but what was signed are other bytes. That is what a replay looks like, the valid signature of one model laid beside another, and also what remains when a model was changed after it had been signed. Names do not matter for a single file; digests do.',
    example: {
      input: { described: 'model.gguf was replaced after it had been signed.' },
      says: 'the sha256 of model.gguf is 93dc44381b5260808085f4dd99e5d439f52b86f2938527faf30bd72eb21afbc1, and 97ff8a35544dcf40ad84047074439dd6aa3a0be469ea578a1b1c017d939ec61c is signed',
    },
  },
  PROVENANCE_FILE_UNSIGNED: {
    about:
      'A signature of a directory covers every file that a reader of checkpoints can open. One more file may change what the model does, a second tokenizer or a chat template, say, without touching a signed byte. So the set of files must be the one that was signed.',
    example: {
      input: { described: 'extra.json was put into a directory after it had been signed.' },
      says: 'extra.json is not among what is signed',
    },
  },
  PROVENANCE_FILE_MISSING: {
    about:
      'Leaving a file out changes a model, too: without generation_config.json, say, it stops at other tokens. A directory that lacks a signed file is an incomplete download or has been tampered with.',
    example: {
      input: { described: 'config.json was removed from a directory after it had been signed.' },
      says: 'config.json is signed and not there',
    },
  },
  PROVENANCE_LINK: {
    about:
      'A link can point to one file while a signature is verified and to another when the model is loaded. Links to files are allowed where the signature says so; links to folders and special files never are, because what lies behind them has no end.',
    example: {
      input: { described: 'A directory has a link weights that leads to a folder.' },
      says: 'weights is a link to no file',
    },
  },
  POLICY_SIGNATURE: {
    about:
      'A policy can demand that people whose keys it lists have signed the model, and how many of them. The signature lies beside the file or is given; every file that it covers is hashed, and those bytes are what the other checks and the run have seen. Without the policy, a signature that lies there means nothing to the gate.',
    example: {
      input: { policy: { signatures: { keys: ['-----BEGIN PUBLIC KEY-----'], minimum: 1 } } },
      says: 'it has no signature',
    },
  },
};
