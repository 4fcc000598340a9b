/** A model with its process: what is added to the memory that the runtime allocates, and the published example. */
import { validatePlanReport } from '@mirust/schemas';
import { describe, expect, it } from 'vitest';
import {
  createComponentPlanner,
  findModel,
  hostBaseline,
  type PlanInput,
  type PlanOptions,
  type PlanReport,
  planInputOfEntry,
  planMemory,
  planProcess,
  processTotal,
  quantizationChoices,
  quantizedInput,
} from '../src/index.ts';
import { inputOf, outlineOf, planned, SMALL, withoutProgram } from './_support.ts';

const baseline = hostBaseline('node', '20.20.2') ?? expect.fail('no process of Node was measured');
const GIB = 2 ** 30;
const small = inputOf(outlineOf(SMALL), 'q8');

function entry(name: string): PlanInput {
  return planInputOfEntry(findModel(name) ?? expect.fail(`no model ${name}`));
}

function process(input: PlanInput, options: PlanOptions = {}): PlanReport {
  const report = planProcess(input, options, baseline);
  expect(validatePlanReport(report)).toMatchObject({ ok: true });
  expect(report.components.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(report.totalBytes);
  return report;
}

const bytesOf = (report: PlanReport, name: string): number =>
  report.components.find((component) => component.name === name)?.bytes ?? 0;

describe('the plan of a process', () => {
  it('has the exact rows of the model, unchanged, and none of its own is exact', () => {
    const [alone, report] = [planned(small), process(small)];
    expect(report.components.slice(0, alone.components.length)).toEqual(alone.components);
    const added = report.components.slice(alone.components.length);
    expect(added.length).toBeGreaterThan(2);
    expect(added.map(({ kind }) => kind)).not.toContain('exact');
    expect(report.options.host).toBe('node');
    expect(report.notes?.at(-1)).toBe(
      `the process was measured with node ${baseline.version} on ${baseline.system}, ${baseline.measuredOn}`,
    );
  });

  it('covers the largest moment of the load, and a margin of 3 % of that', () => {
    for (const input of [small, inputOf(outlineOf('7B'), 'q8')]) {
      const report = process(input, { context: 512 });
      const peak = Math.max(...(report.timeline ?? []).map(({ bytes }) => bytes));
      const margin = bytesOf(report, 'margin of 3 %');
      const rest = report.totalBytes - margin;
      expect(margin).toBe(Math.ceil((rest / 100) * 3));
      // Padding of the last page belongs to no moment.
      expect(rest - peak).toBeGreaterThanOrEqual(0);
      expect(rest - peak).toBeLessThan(65_536);
    }
  });

  it('counts each thread of the engine', () => {
    const [one, two, four] = [1, 2, 4].map((threads) => bytesOf(process(small, { threads }), 'engine threads'));
    expect(one).toBe(0);
    expect((four ?? 0) - (two ?? 0)).toBe(2 * baseline.threadBytes);
  });

  it('is as large as its total by itself', () => {
    const options = { context: 777, threads: 2, sequences: 3, kvType: 'q4_0' } as const;
    const memory = createComponentPlanner()(small, options);
    expect(processTotal(small, memory, baseline)).toBe(process(small, options).totalBytes);
  });

  it('has no verdict where parts are unknown', () => {
    const { cache: _cache, ...outline } = withoutProgram(outlineOf('7B'));
    const report = process(inputOf(outline, 'q8'), { budgetBytes: 100 * GIB });
    expect(report).not.toHaveProperty('fits');
    expect(report.unknown?.length).toBe(3);
  });
});

describe('the published example: 13B in Q4_K_M, 4,096 positions', () => {
  // It says 10.86 GB, "comfortably in 16 GB". Tensors of 7.865 GB and a cache of 6.711 GB are 14.58 GB = 13.58 GiB already.
  const input = quantizedInput(entry('llama-2-13b'), 'Q4_K_M');
  const at = (kvType: 'f32' | 'f16'): PlanReport => process(input, { context: 4096, kvType, budgetBytes: 14 * GIB });

  it('is refused at 14 GiB with a cache of f32, by its arithmetic', () => {
    const report = at('f32');
    expect(report.fits).toBe(false);
    expect((report.weights.bytes / 1e9).toFixed(3)).toBe('7.865');
    expect(report.kvCache?.bytes).toBe(6_710_886_400);
    expect((((report.kvCache?.bytes ?? 0) + report.weights.bytes) / GIB).toFixed(2)).toBe('13.58');
    expect(report.totalBytes).toBeGreaterThan(14 * GIB);
  });

  it('is admitted with one of f16', () => {
    expect(at('f16').fits).toBe(true);
    expect(at('f32').totalBytes - at('f16').totalBytes).toBeGreaterThanOrEqual(3_355_443_200);
  });

  it('passes what a WebAssembly memory holds either way', () => {
    expect(at('f16').ceilings.find(({ name }) => name === 'wasm32 memory')?.fits).toBe(false);
  });
});

describe('an entry of the catalogue', () => {
  it('that the runtime runs is planned to the byte, as its configuration is', () => {
    const report = planMemory(entry('llama-3.2-1b'), { context: 1024 });
    expect(report).not.toHaveProperty('unknown');
    expect(report.model).toMatchObject({ name: 'llama-3.2-1b', runs: true, source: 'catalogue' });
    expect(report.parameters.total).toBe(1_235_814_400);
  });

  it('that stores a tied head twice says so', () => {
    const { parameters, weights } = planMemory(entry('qwen3-0.6b'), {});
    expect(parameters).toEqual({ total: 751_632_384, unique: 596_049_920, active: 596_049_920 });
    expect(weights.bytes).toBe(2 * 596_049_920);
  });
});

describe('choices of quantization', () => {
  it('fall in size, are smaller than what there is, and come out differently', () => {
    for (const stored of [entry('llama-3.1-8b'), entry('gemma-2-2b'), small, inputOf(outlineOf('7B'), 'Q6_K')]) {
      const choices = quantizationChoices(stored);
      const sizes = choices.map(({ weightBytes }) => weightBytes);
      expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => b - a));
      expect(sizes.every((size) => size < planMemory(stored, { context: 1 }).weights.bytes)).toBe(true);
      for (const { input, name, weightBytes } of choices) {
        expect(input.quantization).toBe(name);
        expect(planMemory(input, { context: 1 }).weights.bytes).toBe(weightBytes);
      }
    }
  });

  it('say nothing of how the weights were stored', () => {
    const stored = { ...small, quantizationError: 0.01, storedNotes: ['as stored'] };
    expect(planMemory(stored).notes).toEqual(['as stored']);
    const quantized = quantizedInput(stored, 'q4');
    expect(planMemory(quantized).notes).toEqual([]);
    expect(quantized).not.toHaveProperty('quantizationError');
    expect(() => quantizedInput(small, 'q9')).toThrow(RangeError);
  });
});
