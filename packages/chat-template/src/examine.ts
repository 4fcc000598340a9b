/** Everything about a template that can be found out by reading it and by rendering conversations, in one sandbox. */
import { completeBudgets, type TemplateBudgets } from './budgets.ts';
import { type ChatInput, taskOf } from './chat-input.ts';
import { templateError } from './errors.ts';
import type { RenderOutcome, RenderTask, SandboxAnswer, SandboxJob, TemplateInspection } from './job.ts';

/** Longest template: what the readers of checkpoints take. */
const MAX_TEMPLATE_CHARACTERS = 262_144;

/** Options of all functions of this package. */
export interface TemplateOptions {
  readonly budgets?: TemplateBudgets;
  readonly signal?: AbortSignal;
}

/** A template, read and rendered. */
export interface TemplateExamination {
  readonly inspection: TemplateInspection;
  /** One per input, in their order. */
  readonly outcomes: readonly RenderOutcome[];
}

/**
 * Reads a template, and renders some conversations with it. How single renders end is told in the outcomes; thrown are a
 * MirustError where the template cannot be read (`TEMPLATE_SYNTAX`, `TEMPLATE_INCLUDE`, `TEMPLATE_UNSUPPORTED`,
 * `TEMPLATE_LIMIT`) or the sandbox ended early (`TEMPLATE_TIME`, `TEMPLATE_CRASH`, `TEMPLATE_LIMIT`, `TEMPLATE_SANDBOX`),
 * RangeError for budgets that are none, and the reason of the signal.
 */
export async function examineChatTemplate(
  template: string,
  inputs: readonly ChatInput[],
  options: TemplateOptions = {},
): Promise<TemplateExamination> {
  return runTasks(template, inputs.map(taskOf), options);
}

/** Reads a template without rendering anything. Throws as {@link examineChatTemplate} does. */
export async function inspectChatTemplate(
  template: string,
  options: TemplateOptions = {},
): Promise<TemplateInspection> {
  const { inspection } = await runTasks(template, [], options);
  return inspection;
}

/** Renders one conversation. Throws as {@link examineChatTemplate} does, and for every way in which a render can end but with a text: `TEMPLATE_RAISED`, `TEMPLATE_RENDER`, `TEMPLATE_UNSUPPORTED`, `TEMPLATE_LIMIT`. */
export async function renderChatTemplate(
  template: string,
  input: ChatInput,
  options: TemplateOptions = {},
): Promise<string> {
  const { outcomes } = await runTasks(template, [taskOf(input)], options);
  const [outcome] = outcomes;
  if (outcome?.kind === 'text') return outcome.text;
  const { kind, message } = outcome ?? { kind: 'failed', message: 'nothing was rendered' };
  throw templateError(OUTCOME_CODES[kind], message);
}

const OUTCOME_CODES = {
  raised: 'TEMPLATE_RAISED',
  failed: 'TEMPLATE_RENDER',
  unsupported: 'TEMPLATE_UNSUPPORTED',
  limit: 'TEMPLATE_LIMIT',
} as const;

async function runTasks(
  template: string,
  tasks: readonly RenderTask[],
  { budgets, signal }: TemplateOptions,
): Promise<TemplateExamination> {
  const { milliseconds, heapMebibytes, steps, textCharacters } = completeBudgets(budgets);
  if (template.length > MAX_TEMPLATE_CHARACTERS) {
    const context = { limit: MAX_TEMPLATE_CHARACTERS, actual: template.length };
    throw templateError('TEMPLATE_LIMIT', `the template has ${template.length} characters`, context);
  }
  const job: SandboxJob = { template, tasks, limits: { steps, textCharacters } };
  // Loaded where there is a template to render: the script is 60 kB.
  const [{ SANDBOX_SCRIPT }, { runApart }] = await Promise.all([
    import('./generated/sandbox-script.ts'),
    import('#platform'),
  ]);
  const end = await runApart({
    script: SANDBOX_SCRIPT,
    job: JSON.stringify(job),
    milliseconds,
    heapMebibytes,
    // JSON writes a control character as six; the rest is for what is no text.
    answerCharacters: 6 * textCharacters * (tasks.length + 1) + 2 ** 16,
    signal,
  });
  if ('ended' in end) throw endError(end.ended, milliseconds, heapMebibytes);
  const answer = JSON.parse(end.answer) as SandboxAnswer;
  if (!('fault' in answer)) return answer;
  const { code, message, line } = answer.fault;
  throw templateError(code, line === undefined ? message : `${message} (line ${line})`);
}

function endError(ended: 'time' | 'size' | 'crash' | 'absent', milliseconds: number, heapMebibytes: number): Error {
  switch (ended) {
    case 'time':
      return templateError('TEMPLATE_TIME', `the template was not done after ${milliseconds} ms`);
    case 'size':
      return templateError('TEMPLATE_LIMIT', 'the template gives more text than can be taken');
    case 'crash':
      return templateError('TEMPLATE_CRASH', `rendering the template ended its process (${heapMebibytes} MiB allowed)`);
    case 'absent':
      return templateError('TEMPLATE_SANDBOX', 'the template could not be rendered');
  }
}
