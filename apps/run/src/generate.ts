/** The default command: generates text from a prompt. */
import {
  type CommandContext,
  type OptionValues,
  present,
  terminalText,
  UsageError,
  writeJson,
  writeStdout,
} from '@mirust/cli';
import type { Ledger } from '@mirust/core';
import type { Diagnostics, GenerateOptions, GenerationResult } from '@mirust/runtime';
import type { GENERATE_OPTIONS, GENERATE_OUTPUT } from './arguments.ts';
import { withLedger } from './leaks.ts';
import { type ModelArguments, withModel } from './load.ts';

type GenerateArguments = ModelArguments & OptionValues<typeof GENERATE_OPTIONS & typeof GENERATE_OUTPUT>;

/** `mirust-run FILE [--prompt TEXT] …` */
export async function generate(args: GenerateArguments, context: CommandContext): Promise<void> {
  if (args.profile && !args.json) throw new UsageError('--profile needs --json, which shows it');
  const run = (ledger?: Ledger): Promise<GenerationDocument | undefined> =>
    withModel(
      args,
      context,
      { profile: args.profile, ...(ledger === undefined ? {} : { ledger, debug: true }) },
      async (model) => {
        const pieces = model.generate(args.prompt ?? '', generateOptions(args, context));
        if (!args.json) {
          await printPieces(pieces);
          return undefined;
        }
        const { text, tokenIds, promptTokenIds, stopReason } = await drain(pieces);
        return { text, tokenIds, promptTokenIds, stopReason, diagnostics: model.diagnostics() };
      },
    );
  if (!args['check-leaks']) {
    const document = await run();
    if (document !== undefined) await writeJson(document);
    return;
  }
  const { result: document, leaks } = await withLedger(context, run);
  if (document !== undefined) await writeJson({ ...document, leaks });
}

/** What `--json` prints. */
interface GenerationDocument extends Pick<GenerationResult, 'text' | 'tokenIds' | 'promptTokenIds' | 'stopReason'> {
  readonly diagnostics: Diagnostics;
}

type Pieces = AsyncGenerator<{ readonly text: string }, GenerationResult, void>;

/** Pipes and files get the text alone. A person gets it without terminal controls, and the shell's prompt below it. */
async function printPieces(pieces: Pieces): Promise<void> {
  const toTerminal = process.stdout.isTTY === true;
  for await (const { text } of pieces) {
    if (text.length === 0) continue;
    if (!(await writeStdout(toTerminal ? terminalText(text) : text))) return;
  }
  if (toTerminal) await writeStdout('\n');
}

async function drain(pieces: Pieces): Promise<GenerationResult> {
  for (;;) {
    const next = await pieces.next();
    if (next.done === true) return next.value;
  }
}

function generateOptions(args: GenerateArguments, { signal }: CommandContext): GenerateOptions {
  const { temperature, seed, stop } = args;
  const optional = present({
    maxTokens: args['max-tokens'],
    temperature,
    topK: args['top-k'],
    topP: args['top-p'],
    minP: args['min-p'],
    repetitionPenalty: args['repetition-penalty'],
    seed,
  });
  return { ...optional, stop, signal };
}
