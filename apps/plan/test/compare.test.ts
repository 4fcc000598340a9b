/** Planned against measured, without a process. */

import { createEncoding } from '@mirust/core';
import { describeModel, layoutModel } from '@mirust/model';
import type { PlanVerification } from '@mirust/schemas';
import { describe, expect, it } from 'vitest';
import type { ModelMemoryReport, ProcessMemory } from '../src/child/messages.ts';
import { formatVerification } from '../src/format-verification.ts';
import { compareMemory } from '../src/verify/compare.ts';
import type { LoadPlan } from '../src/verify/plan-load.ts';

const MODEL = describeModel('llama', {
  vocabSize: 300,
  hiddenSize: 64,
  layerCount: 2,
  headCount: 2,
  kvHeadCount: 1,
  headDim: 32,
  ffnSize: 96,
  maxContext: 128,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: true,
});
const ENCODINGS = new Map(MODEL.contract.map(({ name, shape }) => [name, createEncoding('f32', shape)]));

const layout = layoutModel(MODEL, ENCODINGS);
const { engine, weights, scratch, history } = layout;
const PLAN: LoadPlan = {
  layout,
  load: {
    tapes: {
      engine: engine.byteLength,
      weights: weights.byteLength,
      workingBuffers: scratch.byteLength,
      kvCache: history.byteLength,
    },
    vocabSize: 300,
    tensorCount: MODEL.contract.length,
  },
};
const HOST: ProcessMemory = {
  rssBytes: 50_000_000,
  peakRssBytes: 50_000_000,
  heapUsedBytes: 5_000_000,
  heapTotalBytes: 10_000_000,
  externalBytes: 2_000_000,
  arrayBuffersBytes: 0,
};

/** What a child would say that agrees with the plan but for the changes. */
function measured(change: Partial<ModelMemoryReport> = {}, peak?: number): ModelMemoryReport {
  const tapes = Object.entries({ engine, weights, scratch, history }).map(([name, tape]) => {
    const end = tape.placements.reduce((most, { offset, byteLength }) => Math.max(most, offset + byteLength), 0);
    return { name, usedBytes: end, highWaterBytes: end, capacityBytes: tape.byteLength };
  });
  const rss = peak ?? planned('peak rss');
  const process = { ...HOST, rssBytes: rss, peakRssBytes: rss, heapUsedBytes: 5_800_000 };
  return {
    before: HOST,
    loaded: process,
    end: process,
    runPeakIsItsOwn: true,
    tapes,
    memory: { kind: 'wasm', byteLength: layout.totalBytes },
    backend: 'wasm-simd',
    ...change,
  };
}

function planned(name: string): number {
  const { components } = compareMemory('f', PLAN, HOST, measured({}, 1));
  return components.find((component) => component.name === name)?.plannedBytes ?? 0;
}

function wrongRows({ components }: PlanVerification): string[] {
  return components.filter(({ agrees }) => agrees === false).map(({ name }) => name);
}

describe('a verdict', () => {
  it('agrees where every exact row is equal and the others are near', () => {
    const report = compareMemory('model.slm', PLAN, HOST, measured());
    expect(wrongRows(report)).toEqual([]);
    expect(report.verdict).toBe('agrees');
    expect(formatVerification(report)).toMatch(/\nthe plan agrees with what was measured\n$/);
  });

  it('differs where one byte of a tape is missing, whatever the rest says', () => {
    const tapes = measured().tapes.map((tape) =>
      tape.name === 'history' ? { ...tape, highWaterBytes: tape.highWaterBytes - 1 } : tape,
    );
    const report = compareMemory('f', PLAN, HOST, measured({ tapes }, 1));
    expect(report.verdict).toBe('differs');
    expect(wrongRows(report)).toContain('kv cache high water');
    expect(formatVerification(report)).toMatch(/\nthe plan is wrong, [^\n]*kv cache high water[^\n]*\n$/);
  });

  it('differs where the memory has a page more', () => {
    const memory = { kind: 'wasm', byteLength: layout.totalBytes + 65_536 } as const;
    const report = compareMemory('f', PLAN, HOST, measured({ memory }));
    expect(report.verdict).toBe('differs');
    expect(wrongRows(report)).toEqual(['wasm pages']);
  });

  it('deviates where the peak passes the bound by a byte, and not before', () => {
    const peak = planned('peak rss');
    const bound = Math.round(0.03 * peak);
    const within = compareMemory('f', PLAN, HOST, measured({}, peak + bound));
    expect(wrongRows(within)).not.toContain('peak rss');
    const beyond = compareMemory('f', PLAN, HOST, measured({}, peak + bound + 1));
    expect(beyond.verdict).toBe('deviates');
    expect(wrongRows(beyond)).toContain('peak rss');
    expect(formatVerification(beyond)).toMatch(/\noutside of the bound: [^\n]*peak rss[^\n]*\n$/);
  });

  it('counts the tapes among the ArrayBuffers where they lie in one', () => {
    const memory = { kind: 'plain', byteLength: layout.totalBytes } as const;
    const rows = compareMemory('f', PLAN, HOST, measured({ memory })).components;
    expect(rows.map(({ name }) => name)).toContain('array buffer of the tapes');
    const buffers = rows.find(({ name }) => name === 'array buffers');
    expect(buffers?.plannedBytes).toBe(planned('array buffers') + layout.totalBytes);
  });

  it('says where a peak cannot be told apart', () => {
    const { notes } = compareMemory('f', PLAN, HOST, measured({ runPeakIsItsOwn: false }));
    expect(notes?.join()).toContain('the system cannot forget a peak');
  });
});
