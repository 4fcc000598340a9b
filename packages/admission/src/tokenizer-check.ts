/** The tokenizer of a checkpoint, built and probed. */
import type { Checkpoint } from '@mirust/checkpoint';
import type { ReadOptions } from '@mirust/core';
import type { AdmissionFinding } from '@mirust/schemas';
import { createTokenizer, type Tokenizer } from '@mirust/tokenizer';
import { admissionError } from './errors.ts';
import { findingOf, warningOf } from './verdict.ts';

/** Short texts that every tokenizer with bytes must give back as they were: scripts, an emoji, digits, line breaks. */
const PROBES = [
  'The quick brown fox jumps over the lazy dog.',
  "it's 12,345.67 = 100 %\n\tdone();",
  'Grüße, naïveté, Ελλάδα, Привет, こんにちは, 안녕',
  'a👩‍👩‍👧b',
] as const;

/** What the check gives. */
export interface TokenizerCheck {
  readonly findings: readonly AdmissionFinding[];
  /** Absent where the model brings none. */
  readonly tokenizer?: Tokenizer;
}

/** Checks the tokenizer; errors of its reader are thrown. */
export async function checkTokenizer(checkpoint: Checkpoint, options?: ReadOptions): Promise<TokenizerCheck> {
  const imported = await checkpoint.readTokenizer(options);
  if (imported === undefined) {
    return { findings: [findingOf(admissionError('ADMISSION_TOKENIZER_MISSING', 'the model brings no tokenizer'))] };
  }
  const findings = imported.warnings.map((warning) => warningOf('tokenizer', warning));
  const tokenizer = createTokenizer(imported.model);
  const lost = PROBES.filter((probe) => !survives(tokenizer, probe));
  if (lost.length === 0) return { findings, tokenizer };
  // Some tokenizers know no bytes: what comes back may differ, and that is worth knowing.
  const message = `${lost.length} of ${PROBES.length} probes do not survive encoding and decoding`;
  return { findings: [...findings, findingOf(admissionError('ADMISSION_ROUND_TRIP', message))], tokenizer };
}

/** Whether a text comes back as it was, up to the normalization that the tokenizer declares. */
function survives(tokenizer: Tokenizer, probe: string): boolean {
  const decoded = tokenizer.decode(tokenizer.encode(probe, { parseSpecial: false }));
  return decoded === probe || (tokenizer.model.normalizer === 'nfc' && decoded === probe.normalize('NFC'));
}
