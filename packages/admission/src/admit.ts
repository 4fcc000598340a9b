/**
 * The gate: opens a file exactly as the runtime would, checks what the runtime would check, and then what only a gate
 * has time for: every digest, every tensor, the tokenizer on probes.
 *
 * ```
 * structure    recognise and open: container, header, directory, hyperparameters; digests of everything but weights
 * integrity    SLM2: SHA-256 of every chunk and tensor; SLM1: its checksum; other formats have no digests
 * contract     every tensor against the architecture, types that the runtime computes with, a layout that exists
 * tokenizer    built, no larger than the embedding, probes survive a round trip
 * template     a chat template, where there is one: read and rendered in a sandbox, on probes
 * weights      every value a number; no tensor of zeros, no matrix of one value
 * ```
 *
 * Each check goes on where the one before failed, as long as there is something to check: a report lists all there is.
 */
import { type Checkpoint, type FileSet, inspectCheckpoint } from '@mirust/checkpoint';
import { isMirustError, sanitizeText } from '@mirust/core';
import type { Digester } from '@mirust/integrity';
import { parameterCount } from '@mirust/model';
import type { AdmissionCheck, AdmissionFinding, AdmissionReport } from '@mirust/schemas';
import { checkContract } from './contract-check.ts';
import { createFindings, type Findings } from './findings.ts';
import { checkTemplate, type TemplateCheck } from './template-check.ts';
import { checkTokenizer } from './tokenizer-check.ts';
import { findingOf, warningOf } from './verdict.ts';
import { checkWeights } from './weights-check.ts';

/** How to admit. */
export interface AdmitOptions {
  readonly signal?: AbortSignal;
  /** Takes the digests of an SLM2. Default: the caller's thread. */
  readonly digester?: Digester | undefined;
  /** Called while digests are verified, and again while values are looked at. */
  readonly onProgress?: (checkedBytes: number, totalBytes: number) => void;
}

/** Longest path in a report. */
const MAX_PATH_CHARACTERS = 4096;

/**
 * Checks one file or directory. Everything that a file can do wrong is a finding; only an abort and mistakes in this
 * code are thrown. `admitted` means that `loadModel` takes the file, unless the machine has too little memory for it.
 */
export async function admit(files: FileSet, options: AdmitOptions = {}): Promise<AdmissionReport> {
  const { signal, digester, onProgress } = options;
  const readOptions = signal === undefined ? {} : { signal };
  const findings = createFindings();
  const checks: AdmissionCheck[] = [];

  /** Runs one check and gives its result; undefined where it failed or has nothing to look at. */
  async function check<T>(
    name: string,
    run: (() => Promise<T>) | undefined,
    findingsOf: (result: T) => readonly AdmissionFinding[] = () => [],
  ): Promise<T | undefined> {
    signal?.throwIfAborted();
    if (run === undefined) {
      checks.push({ name, outcome: 'skipped' });
      return undefined;
    }
    const before = findings.severeCount;
    let result: T | undefined;
    try {
      result = await run();
      findings.add(findingsOf(result));
    } catch (error) {
      if (!isMirustError(error)) throw error;
      findings.add([findingOf(error)]);
    }
    checks.push({ name, outcome: findings.severeCount > before ? 'failed' : 'passed' });
    return result;
  }

  const inspected = await check(
    'structure',
    () => inspectCheckpoint(files, readOptions),
    ({ checkpoint: { warnings } }) => warnings.map((warning) => warningOf('structure', warning)),
  );
  const checkpoint = inspected?.checkpoint;
  let templated: TemplateCheck | undefined;
  try {
    const verifyOptions = { ...readOptions, ...(onProgress === undefined ? {} : { onProgress }) };
    await check('integrity', checkpoint && (() => checkpoint.verify({ ...verifyOptions, digester })));
    await check('contract', inspected && (async () => checkContract(inspected, findings)), (found) => found);
    const readTokenizer = checkpoint && (() => checkTokenizer(checkpoint, readOptions));
    const tokenized = await check('tokenizer', readTokenizer, (result) => result.findings);
    const template = checkpoint?.facts.chatTemplate;
    const render =
      template === undefined ? undefined : () => checkTemplate(template, tokenized?.tokenizer, readOptions);
    templated = await check('template', render, (result) => result.findings);
    // Values of bytes that are not the published ones say nothing.
    const isIntact = checks.some(({ name, outcome }) => name === 'integrity' && outcome === 'passed');
    const scan = isIntact && checkpoint ? () => checkWeights(checkpoint, verifyOptions) : undefined;
    await check('weights', scan, (found) => found);
  } finally {
    await checkpoint?.close();
  }
  return report(files, checkpoint, templated?.digest, findings, checks);
}

function report(
  files: FileSet,
  checkpoint: Checkpoint | undefined,
  templateDigest: string | undefined,
  findings: Findings,
  checks: readonly AdmissionCheck[],
): AdmissionReport {
  const { rootDigest, model, format = 'unknown' } = checkpoint ?? {};
  return {
    version: 1,
    file: sanitizeText(files.name, MAX_PATH_CHARACTERS),
    verdict: findings.verdict(),
    findings: findings.list(),
    artifact: {
      format,
      ...(rootDigest === undefined ? {} : { rootDigest }),
      ...(model === undefined ? {} : { architecture: model.architecture, parameters: parameterCount(model.contract) }),
      ...(templateDigest === undefined ? {} : { templateDigest }),
    },
    checks: [...checks],
  };
}
