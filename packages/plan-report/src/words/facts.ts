/** What a plan says beside its numbers, in words that the page, the Markdown and the terminal share. */
import { formatBytes, sanitizeText } from '@mirust/core';
import type { BudgetAnswers, BudgetChange, BudgetChoice, DecodeCost, PlannedModel, PlanReport } from '@mirust/schemas';
import { sentence } from './bounds.ts';
import { formatBandwidth, formatCount, formatDecimal, formatFlops, plural } from './numbers.ts';

/** One line of a list of facts. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  /** What is to be known about it. */
  readonly detail?: string;
}

/** How each kind of number came about. */
export const KIND_MEANINGS = {
  exact: 'follows from the layout that the runtime allocates',
  measured: 'read from a process',
  estimated: 'neither laid out nor measured',
} as const;

const SOURCES = {
  weights: 'types read from the weights',
  configuration: 'types assumed from the configuration',
  catalogue: 'from the bundled catalogue',
} as const;

/** What a model is called: its name, or its architecture. */
export function modelTitle({ name, architecture }: PlannedModel): string {
  return sanitizeText(name === undefined || name === '' ? architecture : name);
}

/** The model in parts: `llama`, `6,738,415,616 parameters`, where its types are from. */
export function modelFacts({ model, parameters }: PlanReport): string[] {
  const total = parameters?.total ?? model.parameters;
  return [
    ...(model.name === undefined ? [] : [sanitizeText(model.architecture)]),
    plural(total, 'parameter'),
    SOURCES[model.source],
    ...(model.runs === false ? ['the runtime has no program for it'] : []),
  ];
}

/** The options that the numbers go by. */
export function optionFacts({ options }: PlanReport): Fact[] {
  const { context, chunk, kvType, logitsRows, threads, sequences, sharedPrefix, activePositions, host } = options;
  const facts: (Fact | undefined)[] = [
    { label: 'context', value: formatCount(context) },
    { label: 'cache', value: kvType },
    options.quantization === undefined ? undefined : { label: 'quantized', value: sanitizeText(options.quantization) },
    optional('sequences', sequences, 1),
    optional('shared prefix', sharedPrefix, 0),
    optional('active positions', activePositions, context),
    { label: 'chunk', value: formatCount(chunk) },
    optional('logits rows', logitsRows, 1),
    { label: 'threads', value: formatCount(threads) },
    host === undefined ? undefined : { label: 'host', value: host === 'none' ? 'not counted' : host },
  ];
  return facts.filter((fact) => fact !== undefined);
}

/** A number that is told where it is not the usual one. */
function optional(label: string, value: number | undefined, usual: number): Fact | undefined {
  return value === undefined || value === usual ? undefined : { label, value: formatCount(value) };
}

/** Counts of parameters; those that equal the total are left out. */
export function parameterFacts({ parameters }: PlanReport): Fact[] {
  if (parameters === undefined) return [];
  const { total, unique, active } = parameters;
  return [
    { label: 'Parameters', value: formatCount(total) },
    ...(unique === total ? [] : [{ label: 'Unique', value: formatCount(unique), detail: 'a tied tensor counts once' }]),
    ...(active === unique ? [] : [{ label: 'Active', value: formatCount(active), detail: 'that one token uses' }]),
  ];
}

/** The cache in numbers. */
export function cacheFacts({ kvCache, options }: PlanReport): Fact[] {
  if (kvCache === undefined) return [];
  const { context, activePositions, sequences = 1 } = options;
  const whose = sequences === 1 ? '' : `, ${plural(sequences, 'sequence')}`;
  const active = activePositions ?? context;
  return [
    { label: 'Per token', value: formatBytes(kvCache.bytesPerToken), detail: 'of one sequence' },
    {
      label: 'Full context',
      value: formatBytes(kvCache.bytes),
      detail: `${plural(context, 'position')}${whose}, without padding`,
    },
    ...(active === context
      ? []
      : [{ label: 'Active', value: formatBytes(kvCache.activeBytes), detail: `at ${plural(active, 'position')}` }]),
  ];
}

/** What the next token costs. */
export function decodeFacts({ bytesPerToken, weightBytes, cacheBytes, ...rest }: DecodeCost): Fact[] {
  const { flopsPerToken, bandwidthBytesPerSecond: bandwidth, ceilingTokensPerSecond: ceiling } = rest;
  return [
    {
      label: 'Read per token',
      value: formatBytes(bytesPerToken),
      detail: `weights ${formatBytes(weightBytes)}, cache ${formatBytes(cacheBytes)}`,
    },
    { label: 'Computed per token', value: formatFlops(flopsPerToken) },
    ...(ceiling === undefined
      ? []
      : [
          {
            label: 'At most',
            value: `${formatDecimal(ceiling, ceiling < 10 ? 2 : 1)} tokens/s`,
            detail: bandwidth === undefined ? 'where memory is the limit' : `at ${formatBandwidth(bandwidth)}`,
          },
        ]),
  ];
}

/** What would fit into the budget. */
export function answerFacts(answers: BudgetAnswers): Fact[] {
  const { largestContext, largestSequences, bestQuantization, bestKvType, smallestKvType } = answers;
  const facts: (Fact | undefined)[] = [
    largestContext && {
      label: 'Largest context',
      value: plural(largestContext.value, 'position'),
      detail: taking(largestContext),
    },
    largestSequences && {
      label: 'Most sequences',
      value: formatCount(largestSequences.value),
      detail: taking(largestSequences),
    },
    bestQuantization && choiceFact('Best quantization', bestQuantization),
    bestKvType && choiceFact('Best cache type', bestKvType),
    smallestKvType && choiceFact('Smallest cache type', smallestKvType),
  ];
  return facts.filter((fact) => fact !== undefined);
}

function choiceFact(label: string, choice: BudgetChoice): Fact {
  const error = choice.error === undefined ? '' : `, relative error ${choice.error.toPrecision(2)}`;
  return { label, value: sanitizeText(choice.value), detail: `${taking(choice)}${error}` };
}

function taking({ totalBytes }: { readonly totalBytes: number }): string {
  return `takes ${formatBytes(totalBytes)}`;
}

/** A change that would make the model fit. */
export interface ChangeFact {
  /** As it is typed: `--kv q8`. */
  readonly command: string;
  readonly saved: string;
  readonly total: string;
  readonly cost: string;
}

/** The changes that would make a model fit, cheapest first. */
export function changeFacts(changes: readonly BudgetChange[]): ChangeFact[] {
  return changes.map(({ option, value, totalBytes, savedBytes, cost }) => ({
    command: `${sanitizeText(option)} ${sanitizeText(value)}`,
    saved: formatBytes(savedBytes),
    total: formatBytes(totalBytes),
    cost: sentence(cost),
  }));
}

/** The notes of a report. */
export function noteLines({ notes = [] }: PlanReport): string[] {
  return notes.map(sentence);
}
