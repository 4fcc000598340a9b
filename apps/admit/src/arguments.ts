/** Arguments and options of mirust-admit. */

/** `mirust-admit FILE|DIR… [--policy P] [--baseline R] [--format F] [--out F] [--report F=FILE] [--threads N] [--json]` */
export const ADMIT = {
  positionals: { file: { help: 'model files, Hugging Face directories, or directories of models', many: true } },
  options: {
    policy: {
      type: 'text',
      value: 'FILE',
      filled: true,
      help: 'what is demanded of a model: a JSON file, or browser-512mb, server, strict',
    },
    baseline: {
      type: 'text',
      value: 'REPORT',
      filled: true,
      help: 'leave out what this report (--json) has, unless the model cannot be used for it',
    },
    signature: {
      type: 'text',
      value: 'FILE',
      filled: true,
      help: 'the signature that the policy demands (default: beside the model, FILE.sig)',
    },
    threads: {
      type: 'integer',
      least: 1,
      value: 'N',
      help: 'threads (default: one per core for large or many files)',
    },
    format: {
      type: 'choice',
      choices: ['text', 'json', 'sarif', 'junit', 'markdown', 'github'],
      help: 'text (default), or what another tool reads',
    },
    out: { type: 'text', value: 'FILE', filled: true, help: 'write the report there, and text to standard output' },
    report: {
      type: 'list',
      value: 'FORMAT=FILE',
      filled: true,
      help: 'write one more report, - for standard output; may be repeated',
    },
    json: { type: 'flag', help: '--format json: the report of one file, {"verdict", "reports"} for several' },
  },
} as const;

/** `mirust-admit keygen [--out NAME] [--algorithm A] [--force] [--json]` */
export const KEYGEN = {
  positionals: {},
  options: {
    out: {
      type: 'text',
      value: 'NAME',
      filled: true,
      help: 'write NAME.pem, to be kept secret, and NAME.pub.pem (default: mirust)',
    },
    algorithm: { type: 'choice', choices: ['ed25519', 'p256'], help: 'of the key (default: ed25519)' },
    force: { type: 'flag', help: 'overwrite keys that are there' },
    json: { type: 'flag', help: 'print JSON' },
  },
} as const;

/** `mirust-admit sign FILE --key K.pem [--out F.sig] [--threads N] [--json]` */
export const SIGN = {
  positionals: { file: { help: 'a model file, or a Hugging Face directory' } },
  options: {
    key: { type: 'list', value: 'K.pem', filled: true, help: 'private key; more than one makes more signatures' },
    out: { type: 'text', value: 'F.sig', filled: true, help: 'the signature (default: FILE.sig)' },
    threads: {
      type: 'integer',
      least: 1,
      value: 'N',
      help: 'threads that hash (default: one per core for large files)',
    },
    json: { type: 'flag', help: 'print the signed statement as JSON' },
  },
} as const;

/** `mirust-admit verify FILE [--signature S] (--public-key K | --certificate-chain C | --trusted-root …) [--json]` */
export const VERIFY = {
  positionals: { file: { help: 'a model file, or a Hugging Face directory' } },
  options: {
    signature: { type: 'text', value: 'S', filled: true, help: 'the signature (default: FILE.sig)' },
    'public-key': { type: 'list', value: 'K.pem', filled: true, help: 'who is trusted; one of several is enough' },
    'certificate-chain': {
      type: 'list',
      value: 'C.pem',
      filled: true,
      help: 'trusted root certificates, and others that lead to them',
    },
    'trusted-root': {
      type: 'text',
      value: 'R.json',
      filled: true,
      help: 'of a Sigstore instance, for keyless signatures; nothing is fetched',
    },
    identity: { type: 'text', value: 'WHO', filled: true, help: 'who is to have signed without a key' },
    issuer: { type: 'text', value: 'URL', filled: true, help: 'who is to have confirmed that identity' },
    threads: {
      type: 'integer',
      least: 1,
      value: 'N',
      help: 'threads that hash (default: one per core for large files)',
    },
    json: { type: 'flag', help: 'print a report as JSON, also of a failure' },
  },
} as const;

/** `mirust-admit sbom FILE [--out F] [--threads N]` */
export const SBOM = {
  positionals: { file: { help: 'a model file, or a Hugging Face directory' } },
  options: {
    out: { type: 'text', value: 'F.json', filled: true, help: 'write the document there (default: standard output)' },
    threads: {
      type: 'integer',
      least: 1,
      value: 'N',
      help: 'threads that hash (default: one per core for large files)',
    },
  },
} as const;

/** `mirust-admit explain [RULE] [--json]` */
export const EXPLAIN = {
  positionals: { rule: { help: 'an identity (MR-S001) or a code (TRUNCATED); absent: a list of all', optional: true } },
  options: { json: { type: 'flag', help: 'print JSON' } },
} as const;

/** `mirust-admit init [FILE] [--preset P] [--force]` */
export const INIT = {
  positionals: {
    file: { help: 'where to write it, - for standard output (default mirust-admit.jsonc)', optional: true },
  },
  options: {
    preset: {
      type: 'choice',
      choices: ['browser-512mb', 'server', 'strict'],
      help: 'the bundled policy that it starts from (default server)',
    },
    force: { type: 'flag', help: 'write over a file that is there' },
  },
} as const;
