/** Identities of rules: complete, unique, of their class, and never changed. */
import { TEMPLATE_ERRORS } from '@mirust/chat-template';
import { CHECKPOINT_ERRORS, CHECKPOINT_WARNINGS } from '@mirust/checkpoint';
import { CORE_ERRORS, JSON_ERRORS } from '@mirust/core';
import { GGUF_ERRORS, GGUF_WARNINGS } from '@mirust/gguf';
import { INTEGRITY_ERRORS } from '@mirust/integrity';
import { MODEL_ERRORS } from '@mirust/model';
import { PROVENANCE_ERRORS } from '@mirust/provenance';
import { QUANT_ERRORS } from '@mirust/quant';
import { SAFETENSORS_ERRORS, SAFETENSORS_WARNINGS } from '@mirust/safetensors';
import { SLM_ERRORS } from '@mirust/slm';
import { TOKENIZER_ERRORS, TOKENIZER_WARNINGS } from '@mirust/tokenizer';
import { describe, expect, it } from 'vitest';
import { ADMISSION_ERRORS, ADMISSION_WARNINGS, allRules, findRule, POLICY_ERRORS, RULE_IDS } from '../src/index.ts';

/** Everything that a reader or a check can say of a model file; sinks, manifests and policies are no part of one. */
const CODES = [
  CORE_ERRORS,
  JSON_ERRORS,
  GGUF_ERRORS,
  SAFETENSORS_ERRORS,
  SLM_ERRORS,
  CHECKPOINT_ERRORS,
  INTEGRITY_ERRORS,
  MODEL_ERRORS,
  QUANT_ERRORS,
  TOKENIZER_ERRORS,
  TEMPLATE_ERRORS,
  PROVENANCE_ERRORS,
  ADMISSION_ERRORS,
  POLICY_ERRORS,
  GGUF_WARNINGS,
  SAFETENSORS_WARNINGS,
  CHECKPOINT_WARNINGS,
  TOKENIZER_WARNINGS,
  ADMISSION_WARNINGS,
]
  .flatMap((table) => Object.keys(table))
  .filter((code) => !/^(SINK_|MANIFEST_|POLICY_(SYNTAX|INVALID)$|ADMISSION_REFUSED$)/.test(code));

const LETTERS = {
  structure: 'S',
  integrity: 'I',
  contract: 'C',
  tokenizer: 'T',
  weights: 'W',
  template: 'J',
  policy: 'P',
  provenance: 'O',
  behaviour: 'B',
  unsupported: 'U',
  resource: 'R',
  io: 'F',
} as const;

describe('the identities of rules', () => {
  it('are there for every code, and for nothing else', () => {
    expect(Object.keys(RULE_IDS).sort()).toEqual([...CODES].sort());
    expect(
      allRules()
        .map(({ code }) => code)
        .sort(),
    ).toEqual([...CODES].sort());
  });

  it('are unique, and of their class', () => {
    const rules = allRules();
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { id, class: kind, when } of rules) {
      expect(id).toMatch(new RegExp(`^MR-${LETTERS[kind]}\\d{3}$`));
      expect(when).toMatch(/\.$/);
    }
  });

  it('do not change', () => {
    // The first, the last and some between of what was once published.
    expect(RULE_IDS).toMatchObject({
      TRUNCATED: 'MR-S001',
      GGUF_MAGIC: 'MR-S012',
      SLM2_ROOT_DIGEST: 'MR-I002',
      CHUNK_DIGEST: 'MR-I006',
      CHECKPOINT_FORMAT: 'MR-U021',
      ADMISSION_WEIGHT_NOT_FINITE: 'MR-W001',
      ADMISSION_NOT_SCANNED: 'MR-W004',
      SOURCE_READ: 'MR-F002',
    });
  });

  it('are found in any case, as codes are', () => {
    expect(findRule('mr-w001')).toMatchObject({
      code: 'ADMISSION_WEIGHT_NOT_FINITE',
      class: 'weights',
      severity: 'error',
    });
    expect(findRule('chunk_digest')).toEqual(findRule(RULE_IDS.CHUNK_DIGEST ?? ''));
    expect(findRule('MR-S999')).toBeUndefined();
    expect(findRule('__proto__')).toBeUndefined();
  });
});
