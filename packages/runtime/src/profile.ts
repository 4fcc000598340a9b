/** Time per kind of operation, for prefill and decode apart. Absent when nobody asked for it: then it costs nothing. */
import type { LoweredOperation } from '@mirust/model';

/** A run of more than one token is prefill; a run of one token is decode. */
export type Phase = 'prefill' | 'decode';

/** Calls and time of one kind of operation in one phase. */
export interface OperationTime {
  readonly phase: Phase;
  readonly kind: LoweredOperation['kind'];
  readonly calls: number;
  readonly milliseconds: number;
}

/** Collects operation times of one model. */
export interface OperationProfile {
  add(phase: Phase, kind: LoweredOperation['kind'], milliseconds: number): void;
  times(): OperationTime[];
}

/** An empty profile. */
export function createProfile(): OperationProfile {
  const table = new Map<
    string,
    { phase: Phase; kind: LoweredOperation['kind']; calls: number; milliseconds: number }
  >();
  return {
    add(phase, kind, milliseconds) {
      const key = `${phase} ${kind}`;
      const row = table.get(key) ?? { phase, kind, calls: 0, milliseconds: 0 };
      row.calls++;
      row.milliseconds += milliseconds;
      table.set(key, row);
    },
    times: () => [...table.values()].map((row) => ({ ...row })),
  };
}
