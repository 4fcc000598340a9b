/** The diagnostics document of a loaded model; its schema is `schemas/diagnostics.schema.json`. */
import type { Diagnostics } from '@mirust/schemas';
import { describeLoad } from './load-times.ts';
import type { ModelMemory } from './memory.ts';
import type { ModelParts } from './parts.ts';

export type { Diagnostics } from '@mirust/schemas';

/** Tokens and time since loading, by phase. */
export interface PhaseTimes {
  readonly prefillTokens: number;
  readonly prefillMilliseconds: number;
  readonly decodeTokens: number;
  readonly decodeMilliseconds: number;
}

/** Builds the document. A phase that never ran is absent. */
export function buildDiagnostics(parts: ModelParts, times: PhaseTimes): Diagnostics {
  const { artifact, layout, memory, backend, profile, loadMilliseconds, loadTimes } = parts;
  const phase = (tokens: number, milliseconds: number): { tokens: number; milliseconds: number } | undefined =>
    tokens === 0 ? undefined : { tokens, milliseconds };
  const prefill = phase(times.prefillTokens, times.prefillMilliseconds);
  const operations = profile.times();
  const decode = phase(times.decodeTokens, times.decodeMilliseconds);
  return {
    version: 1,
    artifact: {
      format: artifact.format,
      ...(artifact.rootDigest === undefined ? {} : { rootDigest: artifact.rootDigest }),
    },
    environment: describeEnvironment(),
    backend: backend.name,
    options: layout.options,
    tapes: memory.stats().map((stat) => ({ ...stat, name: stat.name as Diagnostics['tapes'][number]['name'] })),
    memory: describeMemory(memory),
    load: describeLoad(loadMilliseconds, loadTimes),
    ...(prefill === undefined ? {} : { prefill }),
    ...(decode === undefined ? {} : { decode }),
    ...(operations.length === 0 ? {} : { operations }),
  };
}

/** The region, as its platform says how long it is: not as the layout does. */
function describeMemory({ wasm, weightTape }: ModelMemory): Diagnostics['memory'] {
  const { buffer } = wasm ?? weightTape();
  const shared = typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
  const kind = wasm === undefined ? 'plain' : shared ? 'wasm-shared' : 'wasm';
  return { kind, byteLength: buffer.byteLength };
}

/** Which engine this is, as far as it tells. */
function describeEnvironment(): Diagnostics['environment'] {
  const host = globalThis as {
    readonly process?: { readonly version?: string; readonly platform?: string; readonly arch?: string };
    readonly navigator?: { readonly userAgent?: string };
  };
  if (host.process?.version !== undefined) {
    const platform = `${host.process.platform ?? 'unknown'}-${host.process.arch ?? 'unknown'}`;
    return { runtime: 'node', version: host.process.version, platform };
  }
  if (host.navigator?.userAgent !== undefined) return { runtime: 'browser', version: host.navigator.userAgent };
  return { runtime: 'unknown' };
}
