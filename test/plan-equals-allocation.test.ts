/** The planner's promise: what it prints is what the runtime allocates, per tape, padding included. */
import { encodingTable } from '@mirust/checkpoint';
import { KV_TYPES, layoutModel } from '@mirust/model';
import { planInputOf, planMemory } from '@mirust/planner';
import { loadModel } from '@mirust/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore random models live beside the tests of the model package
import { smallModels } from '../packages/model/test/models.ts';
import { loadPath, noiseCheckpoint, openModelFile, ROOT } from './support.ts';

describe('plan = allocation', () => {
  it('for random small models, cache types, contexts and chunks', async () => {
    let combinations = 0;
    await fc.assert(
      fc.asyncProperty(
        smallModels,
        fc.constantFrom(...KV_TYPES),
        fc.integer({ min: 1, max: 128 }),
        fc.integer({ min: 1, max: 32 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(1, 1, 1, 2, 5),
        async (h, kvType, context, chunk, logitsRows, threads) => {
          const checkpoint = noiseCheckpoint(h);
          const request = { kvType, context, chunk, logitsRows, threads };
          const plan = planMemory(planInputOf(checkpoint), request);
          const layout = layoutModel(checkpoint.model, encodingTable(checkpoint), request);
          const model = await loadModel(checkpoint, request);
          await model.feed([0, h.vocabSize - 1].slice(0, Math.min(context, 2)));
          const { tapes } = model.diagnostics();
          for (const name of ['engine', 'weights', 'scratch', 'history'] as const) {
            const tape = tapes.find((t) => t.name === name);
            expect(tape?.capacityBytes).toBe(layout[name].byteLength);
            // What lies behind the last placement is the tail that the layout counts as padding.
            const tail = layout[name].byteLength - (tape?.usedBytes ?? 0);
            expect(tail).toBeGreaterThanOrEqual(0);
            if (name !== 'scratch') expect((tape?.paddingBytes ?? 0) + tail).toBe(layout[name].paddingBytes);
          }
          expect(tapes.reduce((sum, { capacityBytes }) => sum + capacityBytes, layout.pageRestBytes)).toBe(
            plan.totalBytes,
          );
          expect(plan.components.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(plan.totalBytes);
          model.free();
          combinations++;
        },
      ),
      { numRuns: 150 },
    );
    expect(combinations).toBeGreaterThanOrEqual(150);
  });

  it('for the shipped model, every cache type and several contexts', async () => {
    const path = `${ROOT}/fixtures/story/hf`;
    const checkpoint = await openModelFile(path);
    for (const kvType of KV_TYPES) {
      for (const context of [1, 63, 64, 512]) {
        const plan = planMemory(planInputOf(checkpoint), { kvType, context });
        const model = await loadPath(path, { kvType, context });
        const rest = plan.components.find(({ name }) => name === 'page padding')?.bytes ?? 0;
        const allocated = model.diagnostics().tapes.reduce((sum, { capacityBytes }) => sum + capacityBytes, rest);
        expect(allocated).toBe(plan.totalBytes);
        model.free();
      }
    }
    await checkpoint.close();
  });

  it('the weight tape is the image of an SLM2 DATA section', async () => {
    const { packCheckpoint, openBytes } = await import('./support.ts');
    const { readSlm2 } = await import('@mirust/slm');
    const { memorySource } = await import('@mirust/core');
    const source = await openModelFile(`${ROOT}/fixtures/story/hf`);
    for (const quant of ['keep', 'q8', 'q4']) {
      const bytes = await packCheckpoint(source, { quant });
      const file = await readSlm2(memorySource(bytes));
      const checkpoint = await openBytes(bytes);
      const { weights } = layoutModel(checkpoint.model, encodingTable(checkpoint), {});
      const places = file.tensors.flatMap(({ offset, scaleOffset, scaleByteLength }) =>
        scaleByteLength > 0 ? [offset, scaleOffset] : [offset],
      );
      expect(weights.placements.map(({ offset }) => offset)).toEqual(places.map((at) => at - file.dataOffset));
      expect(weights.byteLength).toBe(file.dataByteLength);
    }
    await source.close();
  });
});
