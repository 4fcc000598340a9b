/**
 * The gate: opens a file exactly as the runtime would, checks what the runtime would check, and then what only a gate
 * has time for: every digest, every tensor, the tokenizer on probes, and what a policy demands.
 *
 * ```
 * structure    recognise and open: container, header, directory, hyperparameters; digests of everything but weights
 * integrity    SLM2: SHA-256 of every chunk and tensor; SLM1: its checksum; other formats have no digests
 * contract     every tensor against the architecture, types that the runtime computes with, a layout that exists
 * tokenizer    built, no larger than the embedding, probes survive a round trip
 * template     a chat template, where there is one: read and rendered in a sandbox, on probes
 * weights      every value a number; no tensor of zeros, no matrix of one value, no row far beyond the others
 * policy       format, architecture, types, size, memory, pinned digests: where a policy demands them
 * provenance   licence, base model, sources, recipe: likewise
 * signature    who signed the very bytes that are judged: likewise
 * behaviour    texts that greedy decoding gives, perplexity, divergence from a reference: likewise
 * ```
 *
 * Each check goes on where the one before failed, as long as there is something to check: a report lists all there is.
 */
import {
  type Checkpoint,
  type FileSet,
  type InspectedCheckpoint,
  inspectCheckpoint,
  type PinnedFiles,
  pinFiles,
} from '@mirust/checkpoint';
import type { AdmissionFinding, AdmissionReport } from '@mirust/schemas';
import { checkBehaviour } from './behaviour-check.ts';
import { checkContract } from './contract-check.ts';
import { unsafeNeighbours } from './neighbours.ts';
import { NO_POLICY, type Policy } from './policy/policy.ts';
import { checkPolicy } from './policy-check.ts';
import { checkProvenance, demandsProvenance } from './provenance-check.ts';
import { type AdmissionRun, type AdmitOptions, startRun } from './run.ts';
import { checkTemplate } from './template-check.ts';
import { checkTokenizer } from './tokenizer-check.ts';
import { readerWarning } from './verdict.ts';
import { checkWeights } from './weights-check.ts';

/**
 * Checks one file or directory. Everything that a file can do wrong is a finding; only an abort and mistakes in this
 * code are thrown. `admitted` means that `loadModel` takes the file, unless the machine has too little memory for it.
 */
export async function admit(files: FileSet, options: AdmitOptions = {}): Promise<AdmissionReport> {
  const { signal, digester, onProgress, policy = NO_POLICY } = options;
  const readOptions = signal === undefined ? {} : { signal };
  const run = startRun(files, options);
  const pinned = needsPins(policy) ? pinFiles(files, readOptions) : undefined;
  const inspected = await run.check(
    'structure',
    async () => {
      const opened = await inspectCheckpoint(pinned ?? files, readOptions);
      const { format, files: read } = opened.checkpoint;
      return { ...opened, neighbours: format === 'huggingface' ? await unsafeNeighbours(files, read) : [] };
    },
    ({ checkpoint: { warnings }, neighbours }) => [...warnings.map(readerWarning), ...neighbours],
  );
  const checkpoint = inspected?.checkpoint;
  try {
    const verifyOptions = { ...readOptions, ...(onProgress === undefined ? {} : { onProgress }) };
    await run.check('integrity', checkpoint && (() => checkpoint.verify({ ...verifyOptions, digester })));
    // Values of bytes that are not the published ones say nothing.
    const isIntact = run.hasPassed('integrity');
    const facts = await checkModel(run, inspected, { ...options, isIntact, files: pinned });
    return run.report(checkpoint, facts);
  } finally {
    await checkpoint?.close();
  }
}

/**
 * Whether the bytes that are judged have to be held to be the same to the end: their digests are named
 * or signed, or they are run.
 */
function needsPins({ fileDigests, signatures, behaviour }: Policy): boolean {
  return fileDigests !== undefined || signatures !== undefined || behaviour !== undefined;
}

/** What {@link checkModel} has to know beside how to admit. */
export interface ModelCheckOptions extends AdmitOptions {
  /** Whether the weights are those that digests name, where there are any. */
  readonly isIntact: boolean;
  /** The files of the model, where they are held to be the same. */
  readonly files: PinnedFiles | undefined;
}

/** What a check has computed for the report. */
export interface ComputedFacts {
  /** SHA-256, hex, of what the chat template makes of the probes. */
  readonly templateDigest?: string;
}

/** Everything behind structure and integrity. */
export async function checkModel(
  run: AdmissionRun,
  inspected: InspectedCheckpoint | undefined,
  options: ModelCheckOptions,
): Promise<ComputedFacts> {
  const { signal, onProgress, policy = NO_POLICY, isIntact } = options;
  const readOptions = signal === undefined ? {} : { signal };
  const checkpoint = inspected?.checkpoint;
  await run.check('contract', inspected && (async () => checkContract(inspected, run)), same);
  const readTokenizer = checkpoint && (() => checkTokenizer(checkpoint, readOptions));
  const tokenized = await run.check('tokenizer', readTokenizer, ({ findings }) => findings);
  const template = checkpoint?.facts.chatTemplate;
  const render = template === undefined ? undefined : () => checkTemplate(template, tokenized?.tokenizer, readOptions);
  const templated = await run.check('template', render, ({ findings }) => findings);
  const scanOptions = { ...readOptions, ...(onProgress === undefined ? {} : { onProgress }) };
  const isSampled = policy.weights?.scan === 'sampled';
  const scan = isIntact && checkpoint ? () => checkWeights(checkpoint, { ...scanOptions, isSampled }) : undefined;
  await run.check('weights', scan, same);
  await checkDemands(run, checkpoint, options);
  return templated === undefined ? {} : { templateDigest: templated.digest };
}

/** What a policy demands, and nothing where it demands nothing: a report without a policy has no such checks. */
async function checkDemands(
  run: AdmissionRun,
  checkpoint: Checkpoint | undefined,
  options: ModelCheckOptions,
): Promise<void> {
  const { signal, digester, policy = NO_POLICY, files, runner } = options;
  const readOptions = signal === undefined ? {} : { signal };
  if (policy === NO_POLICY) return;
  await run.check('policy', checkpoint && (() => checkPolicy(checkpoint, policy, files?.digests, readOptions)), same);
  if (demandsProvenance(policy)) {
    await run.check('provenance', checkpoint && (async () => checkProvenance(checkpoint, policy)), same);
  }
  const { signatures, behaviour } = policy;
  if (signatures !== undefined) {
    const hashing = { ...readOptions, ...(digester === undefined ? {} : { digester }) };
    // Curves and readers of signatures are loaded where they are wanted.
    const verify = async (): Promise<AdmissionFinding[]> => {
      const { checkSignatures } = await import('./signature-check.ts');
      return checkSignatures(files, options.signature, signatures, hashing);
    };
    await run.check('signature', checkpoint && verify, same);
  }
  if (behaviour === undefined) return;
  // What is broken is not run.
  const judge = run.isSound && checkpoint ? () => checkBehaviour(checkpoint, behaviour, runner, signal) : undefined;
  await run.check('behaviour', judge, same);
}

function same(found: readonly AdmissionFinding[]): readonly AdmissionFinding[] {
  return found;
}
