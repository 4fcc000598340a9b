/**
 * Time per kind of operation, for prefill and decode apart, beside what was read and computed in it. Switched on and off at
 * any time; off, it costs nothing.
 */
import type { LoweredOperation } from '@mirust/model';

/** A run of more than one token is prefill; a run of one token is decode. */
export type Phase = 'prefill' | 'decode';

/** One kind of operation in one phase. */
export interface OperationTime {
  readonly phase: Phase;
  readonly kind: LoweredOperation['kind'];
  readonly calls: number;
  /** With several threads, the slowest one's, operation by operation. */
  readonly milliseconds: number;
  /** Bytes of weights and cache that the calls had to read at least once each; absent where nobody counted. */
  readonly bytes?: number;
  /** Multiplications and additions, two per product term; absent where nobody counted. */
  readonly operations?: number;
}

/** What one call had to do at least. */
export interface OperationCost {
  readonly bytes: number;
  readonly operations: number;
}

/** Collects operation times of one model. */
export interface OperationProfile {
  /** Whether runs are measured. */
  enabled: boolean;
  add(phase: Phase, kind: LoweredOperation['kind'], milliseconds: number, cost?: OperationCost): void;
  times(): OperationTime[];
}

type Row = { -readonly [Key in keyof OperationTime]: OperationTime[Key] };

/** An empty profile. */
export function createProfile(enabled: boolean): OperationProfile {
  const table = new Map<string, Row>();
  return {
    enabled,
    add(phase, kind, milliseconds, cost) {
      const key = `${phase} ${kind}`;
      const row: Row = table.get(key) ?? { phase, kind, calls: 0, milliseconds: 0 };
      row.calls++;
      row.milliseconds += milliseconds;
      if (cost !== undefined) {
        row.bytes = (row.bytes ?? 0) + cost.bytes;
        row.operations = (row.operations ?? 0) + cost.operations;
      }
      table.set(key, row);
    },
    times: () => [...table.values()].map((row) => ({ ...row })),
  };
}
