/** The default command: generates text from a prompt. */
import { type CommandContext, writeJson, writeStdout } from '@mirust/cli';
import type { GenerateOptions, GenerationResult } from '@mirust/runtime';
import type { Argv, CommandModule, InferredOptionTypes } from 'yargs';
import { loadFromArguments, type ModelArguments, withModelOptions } from './model-options.ts';

const OPTIONS = {
  prompt: { alias: 'p', type: 'string', default: '', describe: 'text to go on from; absent: from BOS alone' },
  'max-tokens': { alias: 'n', type: 'number', requiresArg: true, describe: 'tokens to generate at most (default 256)' },
  temperature: { type: 'number', requiresArg: true, describe: '0 is greedy (default 0)' },
  'top-k': {
    type: 'number',
    requiresArg: true,
    describe: 'candidates kept, 0 for all (default 40 above temperature 0)',
  },
  'top-p': { type: 'number', requiresArg: true, describe: 'probability mass kept (default 1)' },
  'min-p': {
    type: 'number',
    requiresArg: true,
    describe: 'share of the best probability that a candidate needs (default 0)',
  },
  'repetition-penalty': {
    type: 'number',
    requiresArg: true,
    describe: 'above 1 makes recent tokens less likely (default 1)',
  },
  seed: { type: 'number', requiresArg: true, describe: 'of the random draws (default 1)' },
  stop: {
    type: 'string',
    array: true,
    nargs: 1,
    default: [] as string[],
    describe: 'text that ends the generation; may be given again',
  },
  json: { type: 'boolean', default: false, describe: 'print text, ids and diagnostics as JSON at the end' },
  profile: { type: 'boolean', default: false, describe: 'measure time per kind of operation (shown with --json)' },
} as const;

type GenerateArguments = ModelArguments & InferredOptionTypes<typeof OPTIONS> & { file: string };

/** `mirust-run FILE [--prompt TEXT] …` */
export function generateCommand(context: CommandContext): CommandModule<object, GenerateArguments> {
  return {
    command: '$0 <file>',
    describe: 'generate text',
    builder: (parser) => withModelOptions(parser).options(OPTIONS) as unknown as Argv<GenerateArguments>,
    handler: (args) => generate(args, context),
  };
}

async function generate(args: GenerateArguments, context: CommandContext): Promise<void> {
  const model = await loadFromArguments(args.file, args, context, { profile: args.profile });
  try {
    const result = await stream(model.generate(args.prompt, generateOptions(args, context)), !args.json);
    if (args.json) {
      const { text, tokenIds, promptTokenIds, stopReason } = result;
      await writeJson({ text, tokenIds, promptTokenIds, stopReason, diagnostics: model.diagnostics() });
    } else if (process.stdout.isTTY === true) {
      // A person's prompt starts on a new line; a pipe gets the text alone.
      await writeStdout('\n');
    }
  } finally {
    model.free();
  }
}

async function stream(
  pieces: AsyncGenerator<{ readonly text: string }, GenerationResult, void>,
  show: boolean,
): Promise<GenerationResult> {
  for (;;) {
    const next = await pieces.next();
    if (next.done === true) return next.value;
    if (show && next.value.text.length > 0) await writeStdout(next.value.text);
  }
}

function generateOptions(args: GenerateArguments, context: CommandContext): GenerateOptions {
  const given = {
    maxTokens: args['max-tokens'],
    temperature: args.temperature,
    topK: args['top-k'],
    topP: args['top-p'],
    minP: args['min-p'],
    repetitionPenalty: args['repetition-penalty'],
    seed: args.seed,
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...present, stop: args.stop, signal: context.signal };
}
