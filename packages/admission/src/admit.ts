/**
 * The gate: opens a file exactly as the runtime would, checks what the runtime would check, and then what only a gate
 * has time for: every digest, every tensor, the tokenizer on probes.
 *
 * ```
 * recognise and open   structure of the container, header, directory, contract, SLM1's checksum
 * digests              SLM2: SHA-256 of every piece of DATA and of every tensor
 * contract             every tensor against the architecture, all problems, types that the runtime computes with
 * tokenizer            built, as large as the embedding allows, probes survive a round trip
 * ```
 */
import { type Checkpoint, type FileSet, openCheckpoint } from '@mirust/checkpoint';
import { formatEncoding, isMirustError } from '@mirust/core';
import { parameterCount } from '@mirust/model';
import { canDecode } from '@mirust/quant';
import type { AdmissionCheck, AdmissionFinding, AdmissionReport } from '@mirust/schemas';
import { admissionError } from './errors.ts';
import { checkTokenizer } from './tokenizer-check.ts';
import { findingOf, MAX_FINDINGS, verdictOf, warningOf } from './verdict.ts';

/** How to admit. */
export interface AdmitOptions {
  readonly signal?: AbortSignal;
  /** Called while digests are verified. */
  readonly onProgress?: (checkedBytes: number, totalBytes: number) => void;
}

/**
 * Checks one file or directory. Everything that a file can do wrong is a finding; only an abort and mistakes in this
 * code are thrown.
 */
export async function admit(files: FileSet, options: AdmitOptions = {}): Promise<AdmissionReport> {
  const findings: AdmissionFinding[] = [];
  const checks: AdmissionCheck[] = [];
  let checkpoint: Checkpoint | undefined;

  /** Runs one check; later ones that need its result are skipped where it failed. */
  async function check(name: string, needed: boolean, run: () => Promise<void>): Promise<void> {
    if (!needed) {
      checks.push({ name, outcome: 'skipped' });
      return;
    }
    const before = findings.filter(({ severity }) => severity !== 'warning').length;
    try {
      options.signal?.throwIfAborted();
      await run();
    } catch (error) {
      if (!isMirustError(error)) throw error;
      findings.push(findingOf(error));
    }
    const failed = findings.filter(({ severity }) => severity !== 'warning').length > before;
    checks.push({ name, outcome: failed ? 'failed' : 'passed' });
  }

  const readOptions = options.signal === undefined ? {} : { signal: options.signal };
  try {
    await check('structure', true, async () => {
      checkpoint = await openCheckpoint(files, readOptions);
      findings.push(...checkpoint.warnings.map((warning) => warningOf('structure', warning)));
    });
    await check('integrity', checkpoint !== undefined, async () => {
      await checkpoint?.verify({ ...readOptions, ...(options.onProgress ? { onProgress: options.onProgress } : {}) });
    });
    await check('contract', checkpoint !== undefined, async () => {
      findings.push(...typeFindings(checkpoint as Checkpoint));
    });
    await check('tokenizer', checkpoint !== undefined, async () => {
      findings.push(...(await checkTokenizer(checkpoint as Checkpoint)));
    });
    return report(files, checkpoint, findings, checks);
  } finally {
    await checkpoint?.close();
  }
}

/** Tensors in types that the runtime would refuse: the gate never lets through what cannot run. */
function typeFindings(checkpoint: Checkpoint): AdmissionFinding[] {
  const refused = [...checkpoint.tensors.values()].filter(({ encoding }) => !canDecode(encoding.dtype));
  return refused.map(({ name, encoding }) =>
    findingOf(
      admissionError('ADMISSION_DTYPE', `tensor ${name} is stored as ${formatEncoding(encoding)}`, { tensor: name }),
    ),
  );
}

function report(
  files: FileSet,
  checkpoint: Checkpoint | undefined,
  findings: readonly AdmissionFinding[],
  checks: readonly AdmissionCheck[],
): AdmissionReport {
  const artifact = {
    format: checkpoint?.format ?? 'unknown',
    ...(checkpoint?.rootDigest === undefined ? {} : { rootDigest: checkpoint.rootDigest }),
    ...(checkpoint === undefined
      ? {}
      : { architecture: checkpoint.model.architecture, parameters: parameterCount(checkpoint.model.contract) }),
  };
  return {
    version: 1,
    file: files.name,
    // Of all findings, before the list is cut.
    verdict: verdictOf(findings),
    findings: findings.slice(0, MAX_FINDINGS),
    artifact,
    checks,
  };
}
