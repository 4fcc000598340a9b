/** `mirust-plan models`: the catalogue. */
import { type ArgumentsOf, formatTable, writeJson, writeStdout } from '@mirust/cli';
import { catalogue, outlineOfEntry } from '@mirust/planner';
import type { MODELS } from './arguments.ts';

/** Lists the models that can be planned by name. */
export async function listModels(args: ArgumentsOf<typeof MODELS.positionals, typeof MODELS.options>): Promise<void> {
  const entries = catalogue().map((entry) => {
    const { name, aliases, parameters, source } = entry;
    return { name, aliases, architecture: outlineOfEntry(entry).architecture, parameters, source };
  });
  if (args.json) {
    await writeJson(entries);
    return;
  }
  const rows = entries.map(({ name, architecture, parameters }) => [
    name,
    architecture,
    parameters.toLocaleString('en-US'),
  ]);
  const columns = [{ title: 'name' }, { title: 'architecture' }, { title: 'parameters', align: 'right' }] as const;
  await writeStdout(`${formatTable(columns, rows)}\n`);
}
