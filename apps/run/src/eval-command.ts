/** `mirust-run eval`: perplexity of a text file, exact-case files. */
import {
  type CommandContext,
  createProgress,
  EXIT,
  formatTable,
  UsageError,
  writeJson,
  writeStdout,
} from '@mirust/cli';
import { sanitizeText } from '@mirust/core';
import { DEFAULT_CHUNK } from '@mirust/model';
import { type Evaluation, evaluate, type Model, splitDocuments } from '@mirust/runtime';
import { type EvalCase, validateEvalCases } from '@mirust/schemas';
import type { Argv, CommandModule, InferredOptionTypes } from 'yargs';
import { loadFromArguments, type ModelArguments, withModelOptions } from './model-options.ts';
import { readTextFile } from './tokens-command.ts';

const OPTIONS = {
  'text-file': { type: 'string', requiresArg: true, describe: 'UTF-8 text; documents are separated by <|endoftext|>' },
  cases: {
    type: 'string',
    requiresArg: true,
    describe: 'JSON list of {"prompt", "expected", "maxTokens"?}, greedy, to the letter',
  },
  json: {
    type: 'boolean',
    default: false,
    describe: '{"tokens", "meanNll", "perplexity"} and/or {"cases", "passed", "results"}',
  },
} as const;

type EvalArguments = ModelArguments & InferredOptionTypes<typeof OPTIONS> & { file: string };

interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  readonly text: string;
}

/** `mirust-run eval FILE (--text-file F | --cases F) [--json]` */
export function evalCommand(context: CommandContext): CommandModule<object, EvalArguments> {
  return {
    command: 'eval <file>',
    describe: 'measure mean NLL and perplexity, or check exact cases',
    builder: (parser) => withModelOptions(parser).options(OPTIONS) as unknown as Argv<EvalArguments>,
    handler: (args) => run(args, context),
  };
}

async function run(args: EvalArguments, context: CommandContext): Promise<void> {
  const textFile = args['text-file'];
  if (textFile === undefined && args.cases === undefined) throw new UsageError('give --text-file or --cases');
  const documents = textFile === undefined ? undefined : splitDocuments(await readTextFile(textFile));
  const cases = args.cases === undefined ? undefined : await readCases(args.cases);
  const logitsRows = args.chunk ?? DEFAULT_CHUNK;
  const model = await loadFromArguments(args.file, args, context, { logitsRows });
  try {
    const evaluation = documents === undefined ? undefined : await evaluateText(model, documents, context);
    const results = cases === undefined ? undefined : await runCases(model, cases, context);
    const passed = results?.filter((result) => result.passed).length ?? 0;
    if (results !== undefined && passed < results.length) context.exitWith(EXIT.mismatch);
    if (args.json) {
      const caseFields = results === undefined ? {} : { cases: results.length, passed, results };
      await writeJson({ ...evaluation, ...caseFields });
    } else {
      await writeStdout(formatResults(evaluation, results));
    }
  } finally {
    model.free();
  }
}

async function evaluateText(model: Model, documents: readonly string[], context: CommandContext): Promise<Evaluation> {
  const progress = createProgress('evaluating');
  try {
    return await evaluate(model, documents, { signal: context.signal, onProgress: progress.update });
  } finally {
    progress.stop();
  }
}

/** The cases are the user's own file, so a mistake in it is wrong usage. */
async function readCases(path: string): Promise<readonly EvalCase[]> {
  const shown = sanitizeText(path);
  let value: unknown;
  try {
    value = JSON.parse(await readTextFile(path));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`${shown} is no JSON`);
    throw error;
  }
  const result = validateEvalCases(value);
  if (result.ok) return result.value;
  const { path: at, message } = result.errors[0] ?? { path: '', message: 'is invalid' };
  throw new UsageError(`${shown}: ${sanitizeText(at)} ${sanitizeText(message)}`);
}

async function runCases(model: Model, cases: readonly EvalCase[], context: CommandContext): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const [index, { name, prompt, expected, maxTokens }] of cases.entries()) {
    const options = { signal: context.signal, ...(maxTokens === undefined ? {} : { maxTokens }) };
    const { text } = await model.complete(prompt, options);
    results.push({ name: name ?? `case ${index + 1}`, passed: text === expected, text });
  }
  return results;
}

function formatResults(evaluation: Evaluation | undefined, results: readonly CaseResult[] | undefined): string {
  const lines: string[] = [];
  if (evaluation !== undefined) {
    const columns = [
      { title: 'tokens', align: 'right' },
      { title: 'mean NLL', align: 'right' },
      { title: 'perplexity', align: 'right' },
    ] as const;
    const row = [String(evaluation.tokens), evaluation.meanNll.toFixed(4), evaluation.perplexity.toFixed(3)];
    lines.push(formatTable(columns, [row]));
  }
  if (results !== undefined) {
    lines.push(...results.map(({ name, passed }) => `${passed ? 'passed' : 'FAILED'}  ${sanitizeText(name)}`));
    lines.push(`${results.filter(({ passed }) => passed).length} of ${results.length} cases passed`);
  }
  return `${lines.join('\n')}\n`;
}
