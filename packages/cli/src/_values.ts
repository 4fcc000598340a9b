/** Turns the texts of a command line into values. */
import { parseBytes, sanitizeText } from '@mirust/core';
import type { ChoiceOption, NumberOption, Option, OptionTable } from './option.ts';
import type { Command } from './program.ts';
import { UsageError } from './usage-error.ts';

/** A decimal number. No hexadecimal, no blanks, nothing empty: `Number('')` would be 0. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The values that a handler gets, in the types of its tables. Throws UsageError for one that does not fit. */
export function valuesOf(
  { options, positionals }: Command,
  args: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(positionals)) {
    // yargs reads a lone dash as the positional's name without a value.
    const value = args[name] === true ? '-' : args[name];
    const given = Array.isArray(value) ? value : [value];
    if (given.includes('')) throw new UsageError(`${name.toUpperCase()} is empty`);
    values[name] = value;
  }
  for (const name of Object.keys(options)) values[name] = optionValue(options, name, args[name]);
  return values;
}

function optionValue(options: OptionTable, name: string, value: unknown): unknown {
  const option = options[name] as Option;
  const given = (Array.isArray(value) ? value : value === undefined ? [] : [value]) as unknown[];
  if (option.type === 'flag') return given.at(-1) === true;
  const parsed = given.map((text) => parseValue(option, `--${name}`, String(text)));
  return option.type === 'list' ? parsed : parsed.at(-1);
}

/** The value of an option that takes one. Throws UsageError, naming the option as it was typed. */
function parseValue(option: Exclude<Option, { type: 'flag' }>, rawName: string, text: string): string | number {
  switch (option.type) {
    case 'text':
    case 'list':
      if (option.filled === true && text === '') throw new UsageError(`${rawName} must not be empty`);
      return text;
    case 'bytes':
      return byteCount(rawName, text);
    case 'choice':
      return choice(option, rawName, text);
    default:
      return number(option, rawName, text);
  }
}

function choice({ choices }: ChoiceOption, rawName: string, text: string): string {
  if (choices.includes(text)) return text;
  throw new UsageError(`${rawName} must be one of ${choices.join(', ')}; got "${sanitizeText(text)}"`);
}

function byteCount(rawName: string, text: string): number {
  try {
    return parseBytes(text);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`${rawName}: ${error.message}`);
    throw error;
  }
}

function number(option: NumberOption, rawName: string, text: string): number {
  const { type, above = Number.NEGATIVE_INFINITY } = option;
  const least = option.least ?? (type === 'integer' ? Number.MIN_SAFE_INTEGER : Number.NEGATIVE_INFINITY);
  const most = option.most ?? (type === 'integer' ? Number.MAX_SAFE_INTEGER : Number.POSITIVE_INFINITY);
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  const suitable = type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
  // -0 would be printed as 0 and behave otherwise.
  if (suitable && value >= least && value <= most && value > above) return value + 0;
  throw new UsageError(`${rawName} must be ${describe(option)}; got "${sanitizeText(text)}"`);
}

function describe({ type, least, most, above }: NumberOption): string {
  const noun = type === 'integer' ? 'an integer' : 'a number';
  if (least !== undefined && most !== undefined) return `${noun} from ${least} to ${most}`;
  const limits = [
    ...(least === undefined ? [] : [`of at least ${least}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
  ];
  return [noun, limits.join(' and ')].filter((part) => part.length > 0).join(' ');
}
