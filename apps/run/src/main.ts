#!/usr/bin/env node
/** mirust-run: generates, evaluates and tokenizes with a model of any format that we read. */
import { readFileSync } from 'node:fs';
import { runCommand } from '@mirust/cli';
import { evalCommand } from './eval-command.ts';
import { generateCommand } from './generate-command.ts';
import { tokensCommand } from './tokens-command.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

await runCommand({
  name: 'mirust-run',
  version,
  configure: (parser, context) =>
    parser
      .command(generateCommand(context))
      .command(evalCommand(context))
      .command(tokensCommand())
      .example('$0 story.slm --prompt "Once upon a time"', 'tell a story')
      .example('$0 model.gguf -p "Hello" --temperature 0.8 --seed 7 --json', 'text, ids and diagnostics')
      .example('$0 eval model.slm --text-file heldout.txt', 'perplexity')
      .example('$0 tokens tokenizer.json --text "Hello" --json', 'token ids'),
});
