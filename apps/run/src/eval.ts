/** `mirust-run eval`: perplexity of a text file, exact-case files. */
import {
  type CommandContext,
  EXIT,
  formatTable,
  type OptionValues,
  readTextFile,
  UsageError,
  withProgress,
  writeJson,
  writeStdout,
} from '@mirust/cli';
import { sanitizeText } from '@mirust/core';
import { DEFAULT_CHUNK } from '@mirust/model';
import { type Evaluation, evaluate, splitDocuments } from '@mirust/runtime';
import type { EVAL_OPTIONS, EVAL_OUTPUT } from './arguments.ts';
import { type CaseResult, formatCases, readCases, runCases } from './cases.ts';
import { type ModelArguments, withModel } from './load.ts';

type EvalArguments = ModelArguments & OptionValues<typeof EVAL_OPTIONS & typeof EVAL_OUTPUT>;

/** `mirust-run eval FILE (--text-file F | --cases F) [--json]` */
export async function evaluateFile(args: EvalArguments, context: CommandContext): Promise<void> {
  const { 'text-file': textFile, cases: casesFile } = args;
  if (textFile === undefined && casesFile === undefined) throw new UsageError('give --text-file or --cases');
  // Read first: a mistake in them costs no loading.
  const documents = textFile === undefined ? undefined : splitDocuments(await readTextFile(textFile, context));
  const cases = casesFile === undefined ? undefined : await readCases(casesFile, context);
  if (documents?.length === 0) throw new UsageError(`${sanitizeText(textFile ?? '')} has no text`);
  const logitsRows = args.chunk ?? DEFAULT_CHUNK;
  await withModel(args, context, { logitsRows }, async (model) => {
    const { signal } = context;
    const evaluation =
      documents === undefined
        ? undefined
        : await withProgress(
            'evaluating',
            (onProgress) => evaluate(model, documents, { signal, onProgress }),
            'documents',
          );
    const results = cases === undefined ? undefined : await runCases(model, cases, context);
    if (results?.some(({ passed }) => !passed) === true) context.exitWith(EXIT.mismatch);
    if (args.json) await writeJson(evaluationJson(evaluation, results));
    else await writeStdout(formatResults(evaluation, results));
  });
}

function evaluationJson(evaluation: Evaluation | undefined, results: readonly CaseResult[] | undefined): object {
  if (results === undefined) return { ...evaluation };
  return { ...evaluation, cases: results.length, passed: results.filter(({ passed }) => passed).length, results };
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
  if (results !== undefined) lines.push(...formatCases(results));
  return `${lines.join('\n')}\n`;
}
