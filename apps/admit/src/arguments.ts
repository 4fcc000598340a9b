/** Arguments and options of mirust-admit. */

/** `mirust-admit FILE… [--json]` */
export const ADMIT = {
  positionals: { file: { help: 'model files or Hugging Face directories', many: true } },
  options: {
    json: { type: 'flag', help: 'print JSON: the report of one file, {"verdict", "reports"} for several' },
  },
} as const;
