/** The rows of what the runtime allocates for a model that it runs: every byte of the layout in one of them. */
import { ENGINE, layoutModel, type MemoryLayout } from '@mirust/model';
import type { PlanComponent } from '@mirust/schemas';
import type { PlanInput } from './input.ts';
import { layoutKvType, type ResolvedPlanOptions } from './options.ts';

/** A row of the report. */
export type Row = readonly [name: string, bytes: number];

/** The layout that the runtime allocates; undefined for a model that it does not run. Throws what `layoutModel` throws. */
export function layoutOf({ outline, encodings }: PlanInput, options: ResolvedPlanOptions): MemoryLayout | undefined {
  const { description } = outline;
  if (description === undefined) return undefined;
  const canonical = new Map(
    description.contract.flatMap(({ name, aliases }) => {
      const encoding = encodings.get(aliases.gguf);
      return encoding === undefined ? [] : [[name, encoding] as const];
    }),
  );
  const { context, chunk, logitsRows, threads, kvType } = options;
  return layoutModel(description, canonical, { context, chunk, logitsRows, threads, kvType: layoutKvType(kvType) });
}

/** Everything in the engine's tape but the program: control, frequencies, candidates, profile, workspaces. */
function engineRest({ engine }: MemoryLayout): number {
  return engine.byteLength - engine.paddingBytes - bytesOf(engine.placements, [ENGINE.operations, ENGINE.workspace]);
}

/** The rows of the cache. */
export function cacheRows({ history }: MemoryLayout): Row[] {
  const bytesWhere = (pattern: RegExp): number =>
    bytesOf(
      history.placements,
      history.placements.map(({ name }) => name).filter((name) => pattern.test(name)),
    );
  return [
    ['kv cache keys', bytesWhere(/\.key(\.scale)?$/)],
    ['kv cache values', bytesWhere(/\.value(\.scale)?$/)],
    ['kv cache padding', history.paddingBytes],
  ];
}

/** The rows behind weights and cache. */
export function engineRows(layout: MemoryLayout): Row[] {
  const { scratch, engine } = layout;
  return [
    ['working buffers', scratch.byteLength - scratch.paddingBytes],
    ['working buffers padding', scratch.paddingBytes],
    ['program', bytesOf(engine.placements, [ENGINE.operations])],
    ['thread workspaces', bytesOf(engine.placements, [ENGINE.workspace])],
    ['engine', engineRest(layout)],
    ['engine padding', engine.paddingBytes],
  ];
}

function bytesOf(placements: MemoryLayout['engine']['placements'], names: readonly string[]): number {
  const wanted = new Set(names);
  return placements.reduce((sum, { name, byteLength }) => (wanted.has(name) ? sum + byteLength : sum), 0);
}

/** Rows as components. Absent padding is no component; everything else stays, zero or not. */
export function componentsOf(rows: readonly Row[], kind: PlanComponent['kind']): PlanComponent[] {
  return rows
    .filter(([name, bytes]) => bytes > 0 || !name.endsWith('padding'))
    .map(([name, bytes]) => ({ name, bytes, kind }));
}
