/** Arguments and options of mirust-admit. */

/** `mirust-admit FILE… [--format F] [--out F] [--report F=FILE] [--threads N] [--json]` */
export const ADMIT = {
  positionals: { file: { help: 'model files or Hugging Face directories', many: true } },
  options: {
    threads: {
      type: 'integer',
      least: 1,
      value: 'N',
      help: 'threads that hash (default: one per core for large files)',
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
