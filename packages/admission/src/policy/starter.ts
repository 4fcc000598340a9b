/** The policy that `mirust-admit init` writes. */
import type { PresetName } from './presets.ts';

/** Where editors find the schema, from a folder beside `node_modules`. */
const SCHEMA = './node_modules/@mirust/schemas/admission-policy.schema.json';

/** A policy that starts from a preset, with everything that it could demand as a comment: valid as it is. */
export function starterPolicy(preset: PresetName): string {
  return `{
  // Editors complete and check this file by its schema.
  "$schema": "${SCHEMA}",
  "version": 1,

  // Start from a bundled policy: browser-512mb, server or strict. Fields below take the place of its fields.
  "extends": "${preset}",

  // Which models may pass.
  // "formats": ["slm2", "gguf"],
  // "architectures": ["llama", "qwen2"],
  // "dtypes": ["f32", "q8", "q4"],
  // "licenses": ["apache-2.0", "mit"],
  // "maxFileBytes": "1GiB",
  // "maxParameters": 2000000000,

  // What the model may take in memory: weights, cache and working buffers, by the plan that the runtime allocates by.
  // "memory": { "budget": "2GiB", "context": 8192, "kvCache": "q8" },

  // Nothing but these very artifacts. mirust-admit prints the root digest of an SLM2; other files go by their SHA-256.
  // "rootDigests": ["<64 hexadecimal digits>"],
  // "fileDigests": ["<64 hexadecimal digits>"],

  // Who must have signed it: mirust-admit keygen and sign.
  // "signatures": { "keys": ["-----BEGIN PUBLIC KEY-----\\n…\\n-----END PUBLIC KEY-----\\n"], "minimum": 1 },

  // What the model must say about where it comes from.
  // "provenance": {
  //   "require": ["license", "baseModel", "sources", "recipe"],
  //   "baseModels": ["HuggingFaceTB/SmolLM2-135M"],
  //   "sourceDigests": ["<64 hexadecimal digits>"],
  // },

  // What the model must say. It is loaded and run for this.
  // "behaviour": {
  //   "probes": [{ "prompt": "Once upon a time", "expected": ", there was", "maxTokens": 4 }],
  //   "perplexity": { "file": "heldout.txt", "maximum": 12 },
  //   "divergence": { "reference": "model-f16.gguf", "file": "heldout.txt", "maximum": 0.05 },
  // },

  // How heavily findings weigh, by rule: mirust-admit explain lists them.
  // "severities": { "MR-W002": "error" },

  // Findings that are known and accepted for a while. A reason and a last day are required.
  // "suppressions": [
  //   { "rule": "MR-W002", "tensor": "blk.0.*", "reason": "pruned on purpose", "expires": "2027-06-30" },
  // ],
}
`;
}
