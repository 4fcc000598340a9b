/** Our own artifacts of the random models: what mirust-pack makes of them, through the same pipeline. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { atomicFileSink } from '@mirust/core/node';
import { convert, digestSources, planConversion } from '@mirust/pipeline';
import { createRecipe } from '@mirust/quant';
import { ensureModel } from './make.mjs';

/** What our encodings are made from and with. Q8_0 is where both shapes are at hand in one type; q4 has f16 scales. */
const RECIPES = {
  q8: { source: 'Q8_0', recipe: createRecipe({ default: 'q8' }) },
  q4: { source: 'Q8_0', recipe: createRecipe({ default: 'q4', scaleType: 'f16' }) },
};

/**
 * The path of a model: `encoding` is a type of ours (an SLM2) or of ggml, or f32 (a GGUF). Made where it is not there.
 */
export async function ensureArtifact(folder, shape, encoding) {
  const how = RECIPES[encoding];
  if (how === undefined) return await ensureModel(folder, shape, encoding);
  const path = join(folder, `${shape}-${encoding}.slm`);
  if (existsSync(path)) return path;
  const checkpoint = await openCheckpoint(await openPath(await ensureModel(folder, shape, how.source)));
  try {
    const plan = await planConversion({
      checkpoint,
      recipe: how.recipe,
      format: 'slm2',
      tool: { name: 'mirust-bench', version: '0' },
      sources: await digestSources(checkpoint),
    });
    await convert(plan, await atomicFileSink(path, plan.byteLength));
  } finally {
    await checkpoint.close();
  }
  return path;
}
