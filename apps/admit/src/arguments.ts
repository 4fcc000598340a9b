/** Arguments and options of mirust-admit. */

/** `mirust-admit FILE… [--threads N] [--json]` */
export const ADMIT = {
  positionals: { file: { help: 'model files or Hugging Face directories', many: true } },
  options: {
    threads: {
      type: 'integer',
      least: 1,
      value: 'N',
      help: 'threads that hash (default: one per core for large files)',
    },
    json: { type: 'flag', help: 'print JSON: the report of one file, {"verdict", "reports"} for several' },
  },
} as const;
