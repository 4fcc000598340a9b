/** The tokenizer of a checkpoint, built and probed. */
import type { Checkpoint } from '@mirust/checkpoint';
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

/** Findings about the tokenizer; errors of its reader are thrown. */
export async function checkTokenizer(checkpoint: Checkpoint): Promise<AdmissionFinding[]> {
  const imported = await checkpoint.readTokenizer();
  if (imported === undefined) {
    const error = admissionError('ADMISSION_TOKENIZER_MISSING', 'the model brings no tokenizer');
    return [findingOf(error)];
  }
  const findings = imported.warnings.map((warning) => warningOf('tokenizer', warning));
  const tokenizer = createTokenizer(imported.model);
  for (const probe of PROBES) findings.push(...probeFindings(tokenizer, probe, checkpoint));
  return findings;
}

function probeFindings(tokenizer: Tokenizer, probe: string, checkpoint: Checkpoint): AdmissionFinding[] {
  const rows = checkpoint.model.hyperparameters.vocabSize;
  const ids = tokenizer.encode(probe, { parseSpecial: false });
  const outside = ids.find((id) => id >= rows);
  if (outside !== undefined) {
    const message = `a probe encodes to id ${outside}, the embedding has ${rows} rows`;
    return [findingOf(admissionError('ADMISSION_TOKEN_RANGE', message, { actual: outside, limit: rows }))];
  }
  const decoded = tokenizer.decode(ids);
  // Some tokenizers normalise (NFC) or know no bytes: what comes back may differ, and that is worth knowing.
  if (decoded === probe) return [];
  if (tokenizer.model.normalizer !== 'none' && decoded === probe.normalize('NFC')) return [];
  const lossy = ids.some((id) => id === tokenizer.model.special.unk);
  const message = `a probe does not survive encoding and decoding${lossy ? ': it has unknown characters' : ''}`;
  const finding = findingOf(admissionError('ADMISSION_ROUND_TRIP', message));
  return [{ ...finding, severity: 'warning' }];
}
