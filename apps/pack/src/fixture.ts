/** `mirust-pack fixture`: a small model with known weights, made from nothing. */
import { type ArgumentsOf, asUsage, type CommandContext, writeJson, writeStdout } from '@mirust/cli';
import { fixtureCheckpoint, planConversion } from '@mirust/pipeline';
import { createRecipe } from '@mirust/quant';
import type { FIXTURE } from './arguments.ts';
import { formatPack, packJson } from './format-pack.ts';
import { type Tool, writeArtifact } from './pack.ts';

/** `mirust-pack fixture NAME OUT [--quant f32|q8|q4] [--format slm1|slm2]` */
export async function fixture(
  args: ArgumentsOf<typeof FIXTURE.positionals, typeof FIXTURE.options>,
  context: CommandContext,
  tool: Tool,
): Promise<void> {
  const { name, out, quant = 'f32', format = 'slm1' } = args;
  const plan = await planConversion({
    checkpoint: asUsage(() => fixtureCheckpoint(name)),
    // SLM1's published sizes have everything quantized, so the rule names vectors as well.
    recipe: createRecipe({ default: quant, rules: [{ pattern: '*', type: quant }] }),
    format,
    tool,
    sources: [],
  });
  const report = await writeArtifact(plan, out, context);
  if (args.json) await writeJson(packJson(plan, report, out));
  else await writeStdout(formatPack(plan, report, out));
}
