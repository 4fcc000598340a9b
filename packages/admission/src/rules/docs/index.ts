/**
 * @packageDocumentation What is written about the rules: for `mirust-admit explain` and the page of rules. An entry point of
 * its own, so that the gate itself never loads it.
 */

import { formatInput } from './_format.ts';
import { ADMISSION_DOCS } from './admission.ts';
import { BEHAVIOUR_DOCS } from './behaviour.ts';
import { CHECKPOINT_DOCS } from './checkpoint.ts';
import { CORE_DOCS } from './core.ts';
import { GGUF_DOCS } from './gguf.ts';
import { GGUF_METADATA_DOCS } from './gguf-metadata.ts';
import { GGUF_TENSOR_DOCS } from './gguf-tensors.ts';
import { JSON_DOCS } from './json.ts';
import { MODEL_DOCS } from './model.ts';
import { POLICY_DOCS } from './policy.ts';
import { QUANT_DOCS } from './quant.ts';
import type { RuleDocs } from './rule-doc.ts';
import { SAFETENSORS_DOCS } from './safetensors.ts';
import { SAFETENSORS_INDEX_DOCS } from './safetensors-index.ts';
import { SIGNATURE_DOCS } from './signature.ts';
import { SIGSTORE_DOCS } from './sigstore.ts';
import { SLM1_DOCS } from './slm1.ts';
import { SLM1_TENSOR_DOCS } from './slm1-tensors.ts';
import { SLM2_DOCS } from './slm2.ts';
import { SLM2_TENSOR_DOCS } from './slm2-tensors.ts';
import { TEMPLATE_DOCS } from './template.ts';
import { TOKENIZER_DOCS } from './tokenizer.ts';
import { TOKENIZER_FILE_DOCS } from './tokenizer-files.ts';
import { TOKENIZER_REMARK_DOCS } from './tokenizer-remarks.ts';

/** All modules of documentation. A new one is added here; a rule stands in one of them. */
export const DOC_MODULES: readonly RuleDocs[] = [
  CORE_DOCS,
  JSON_DOCS,
  GGUF_DOCS,
  GGUF_METADATA_DOCS,
  GGUF_TENSOR_DOCS,
  SAFETENSORS_DOCS,
  SAFETENSORS_INDEX_DOCS,
  SLM1_DOCS,
  SLM1_TENSOR_DOCS,
  SLM2_DOCS,
  SLM2_TENSOR_DOCS,
  CHECKPOINT_DOCS,
  MODEL_DOCS,
  QUANT_DOCS,
  TOKENIZER_DOCS,
  TOKENIZER_FILE_DOCS,
  TOKENIZER_REMARK_DOCS,
  TEMPLATE_DOCS,
  ADMISSION_DOCS,
  SIGNATURE_DOCS,
  SIGSTORE_DOCS,
  POLICY_DOCS,
  BEHAVIOUR_DOCS,
];

/** What is shown of a rule's documentation. */
export interface RuleText {
  /** One paragraph. */
  readonly about: string;
  readonly example: {
    /** Lines of text; the first one names the file. */
    readonly input: string;
    /** What the gate says of it: a message, with ` (at byte N)` where it has an offset. */
    readonly says: string;
  };
}

/** The documentation of a code; undefined where there is none, which a test does not let happen. */
export function ruleText(code: string): RuleText | undefined {
  const docs = DOC_MODULES.find((table) => Object.hasOwn(table, code))?.[code];
  if (docs === undefined) return undefined;
  const { about, example } = docs;
  return { about, example: { input: formatInput(example.input), says: example.says } };
}
