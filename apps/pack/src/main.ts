#!/usr/bin/env node
/** mirust-pack: turns a checkpoint into a verified artifact. */
import { readFileSync } from 'node:fs';
import { runCommand } from '@mirust/cli';
import { fixtureCommand } from './fixture-command.ts';
import { inspectCommand } from './inspect-command.ts';
import { manifestCommand } from './manifest-command.ts';
import { packCommand } from './pack-command.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

await runCommand({
  name: 'mirust-pack',
  version,
  configure: (parser, context) =>
    parser
      .command(packCommand(context, version))
      .command(inspectCommand(context))
      .command(manifestCommand(context, version))
      .command(fixtureCommand(context, version))
      .example('$0 ./TinyLlama-1.1B tinyllama.slm --quant q8', 'a Hugging Face directory, 8 bits per weight')
      .example('$0 model.gguf model.slm', 'keep the stored types, blocks and all')
      .example("$0 ./model out.slm --quant q4 --rule 'output.weight=q8'", 'another type for some tensors')
      .example('$0 ./model out.slm --quant q4 --dry-run --json', 'the exact size, without writing'),
});
