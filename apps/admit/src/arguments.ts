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
