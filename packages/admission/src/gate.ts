/**
 * The gate inside a program: `loadModel` asks it before it reads a weight. What is judged is the checkpoint that is loaded, not
 * a path: its headers are those in memory, and whatever is read later is held against digests (`Checkpoint.isPinned`), so a
 * file that is replaced in between is refused by whoever reads it.
 */
import type { Checkpoint, PinnedFiles } from '@mirust/checkpoint';
import { MirustError } from '@mirust/core';
import type { AdmissionReport } from '@mirust/schemas';
import { checkModel } from './admit.ts';
import { ADMISSION_ERRORS } from './errors.ts';
import type { Policy } from './policy/policy.ts';
import { type AdmitOptions, startRun } from './run.ts';
import { readerWarning } from './verdict.ts';

/** How a gate judges. */
export interface GateOptions extends Omit<AdmitOptions, 'policy' | 'signal' | 'digester' | 'baseline'> {
  /** The files that the checkpoint was opened from: a policy with `fileDigests` or `signatures` needs them. */
  readonly files?: PinnedFiles | undefined;
  /** Is given the whole report, whatever the verdict. */
  readonly onReport?: (report: AdmissionReport) => void;
}

/** What `LoadOptions.admission` takes. */
export type AdmissionGate = (checkpoint: Checkpoint, signal?: AbortSignal) => Promise<void>;

/**
 * A gate for `loadModel(checkpoint, { admission: admissionGate(policy) })`. It throws `ADMISSION_REFUSED`, of the class of the
 * first finding, unless the verdict is admitted.
 *
 * Digests are not verified in a pass of their own: reading the weights verifies each byte, here and when they are loaded.
 */
export function admissionGate(policy: Policy, options: GateOptions = {}): AdmissionGate {
  const { files, onReport, ...rest } = options;
  return async (checkpoint, signal) => {
    const name = files?.name ?? checkpoint.files[0]?.name ?? checkpoint.facts.name ?? 'the model';
    const admitOptions = { ...rest, policy, ...(signal === undefined ? {} : { signal }) };
    const run = startRun({ name }, admitOptions);
    await run.check(
      'structure',
      async () => checkpoint.warnings.map(readerWarning),
      (found) => found,
    );
    // Opening has held its tensors against the contract.
    const inspected = { checkpoint, problems: [], problemCount: 0 };
    const facts = await checkModel(run, inspected, { ...admitOptions, isIntact: true, files });
    const report = run.report(checkpoint, facts);
    onReport?.(report);
    if (report.verdict !== 'admitted') throw refusal(report);
  };
}

function refusal({ verdict, file, findings }: AdmissionReport): MirustError {
  const wanted = verdict === 'rejected' ? 'error' : 'undetermined';
  const first = findings.find(({ severity }) => severity === wanted);
  const entry = ADMISSION_ERRORS.ADMISSION_REFUSED;
  const reason = first === undefined ? verdict : `${verdict}: ${first.id ?? first.rule}, ${first.message}`;
  const { remedy, tensor } = first ?? {};
  return new MirustError(
    'ADMISSION_REFUSED',
    { ...entry, class: first?.class ?? entry.class },
    `${file} is ${reason}`,
    {
      file,
      ...(remedy === undefined ? {} : { remedy }),
      ...(tensor === undefined ? {} : { tensor }),
    },
  );
}
