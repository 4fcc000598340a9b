/** The planner's promise: what it prints is what the runtime allocates, per tape, padding included. */
import { readdirSync, statSync } from 'node:fs';
import { type Checkpoint, encodingTable } from '@mirust/checkpoint';
import { KV_TYPES, type LayoutRequest, layoutModel } from '@mirust/model';
import { planInputOf, planMemory } from '@mirust/planner';
import { loadModel } from '@mirust/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore random models live beside the tests of the model package
import { smallModels } from '../packages/model/test/models.ts';
import { noiseCheckpoint, openBytes, openModelFile, packCheckpoint, ROOT } from './support.ts';

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

  it('for every model of the fixtures, cache types, contexts, chunks and threads', async ({ annotate }) => {
    const combinations = await everyFixture(async (checkpoint, request) => {
      const plan = planMemory(planInputOf(checkpoint), request);
      const model = await loadModel(checkpoint, request);
      // Everything is touched that a run touches, so a tape that is too small would show.
      const chunk = Math.min(model.layout.options.chunk, model.layout.options.context);
      await model.feed(Array.from({ length: chunk }, () => 1));
      const { tapes } = model.diagnostics();
      const rest = plan.components.find(({ name }) => name === 'page padding')?.bytes ?? 0;
      expect(tapes.reduce((sum, { capacityBytes }) => sum + capacityBytes, rest)).toBe(plan.totalBytes);
      for (const { highWaterBytes, capacityBytes } of tapes) expect(highWaterBytes).toBeLessThanOrEqual(capacityBytes);
      const cache = tapes.find(({ name }) => name === 'history');
      expect(plan.kvCache?.bytes).toBe(cache?.requestedBytes);
      expect(plan.weights.bytes).toBe(tapes.find(({ name }) => name === 'weights')?.requestedBytes);
      model.free();
    });
    const said = `plan = allocation in ${combinations} combinations of model, cache, context, chunk and threads`;
    console.log(said);
    await annotate(said);
    expect(combinations).toBeGreaterThanOrEqual(13 * 3 * 3 * 3);
  });

  it('the weight tape is the image of an SLM2 DATA section', async () => {
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

/** Runs a check for every checkpoint and combination of options; gives their number. */
async function everyFixture(check: (checkpoint: Checkpoint, request: LayoutRequest) => Promise<void>): Promise<number> {
  const tiny = `${ROOT}/fixtures/oracles/tiny-llama`;
  const folders = [`${ROOT}/fixtures/story/hf`, ...readdirSync(tiny).map((name) => `${tiny}/${name}`)];
  let combinations = 0;
  async function checkAll(checkpoint: Checkpoint): Promise<void> {
    const most = checkpoint.model.hyperparameters.maxContext;
    for (const [kvType, context, chunk, threads] of product(KV_TYPES, [1, 33, most], [1, 7, 64], [1, 2])) {
      // Threads take a while to start: their workspaces depend on neither chunk nor context.
      if (threads > 1 && (chunk !== 7 || context !== most)) continue;
      await check(checkpoint, { kvType, context: Math.min(context, most), chunk, threads });
      combinations++;
    }
    await checkpoint.close();
  }
  for (const folder of folders.filter((path) => statSync(path).isDirectory()))
    await checkAll(await openModelFile(folder));
  for (const quant of ['f32', 'f16', 'q8', 'q4']) {
    const source = await openModelFile(`${ROOT}/fixtures/story/hf`);
    await checkAll(await openBytes(await packCheckpoint(source, { quant })));
    await source.close();
  }
  return combinations;
}

function product<A, B, C, D>(a: readonly A[], b: readonly B[], c: readonly C[], d: readonly D[]): [A, B, C, D][] {
  return a.flatMap((w) => b.flatMap((x) => c.flatMap((y) => d.map((z): [A, B, C, D] => [w, x, y, z]))));
}
