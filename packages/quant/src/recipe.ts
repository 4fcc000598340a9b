/**
 * Which tensor is stored as what: a default, and rules by name that override it.
 *
 * Rules are tried from the last to the first, and the first that matches holds: like lines of a style sheet, a later
 * rule is the exception to the earlier ones. `*=q8` then `output.weight=f16` stores all but the head as q8.
 */
import { DEFAULT_Q4_BLOCK_SIZE, type ScaleType, sanitizeText } from '@mirust/core';
import { canEncode, ENCODABLE_DTYPES, type EncodableDType } from './encode.ts';

/** A rule: tensors whose canonical name matches the pattern are stored as the type. */
export interface RecipeRule {
  /** `*` any run of characters, `?` one character. */
  readonly pattern: string;
  /** See {@link parseRecipeType}. */
  readonly type: string;
}

/** How the storage types of a model's tensors are chosen. Plain data, as artifacts record it. */
export interface Recipe {
  /** For tensors that no rule names. Those of rank 1 (norms) then stay f32: they are small, and errors in them spread. */
  readonly default: string;
  readonly rules: readonly RecipeRule[];
  /** Block size of `q4` where the type names none. */
  readonly q4BlockSize: number;
  /** Type of the scales of q8 and q4. */
  readonly scaleType: ScaleType;
}

/** A parsed type: what to store, or `keep` for the encoding that the source has. */
export interface RecipeType {
  readonly dtype: EncodableDType | 'keep';
  /** Only with q4, where the type names one. */
  readonly blockSize?: number;
}

/** Largest block size a recipe may name; a row of any known model is shorter. */
export const MAX_Q4_BLOCK_SIZE: number = 2 ** 16;

const EXPECTED = `one of ${ENCODABLE_DTYPES.join(', ')}, q4/<block size> or keep`;

/** Parses `f32`, `f16`, `bf16`, `q8`, `q4`, `q4/64` or `keep`. Throws RangeError for anything else. */
export function parseRecipeType(text: string): RecipeType {
  if (text === 'keep') return { dtype: 'keep' };
  const match = /^([a-z0-9]{1,16})(?:\/([1-9][0-9]{0,9}))?$/.exec(text);
  const dtype = ENCODABLE_DTYPES.find((name) => name === match?.[1]);
  if (dtype === undefined || !canEncode(dtype) || (match?.[2] !== undefined && dtype !== 'q4')) {
    throw new RangeError(`unknown storage type "${sanitizeText(text)}": write ${EXPECTED}`);
  }
  return match?.[2] === undefined ? { dtype } : { dtype, blockSize: checkBlockSize(Number(match[2])) };
}

/** Parses `pattern=type`. Throws RangeError. */
export function parseRule(text: string): RecipeRule {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new RangeError(`not a rule: "${sanitizeText(text)}" (write 'pattern=type', e.g. '*.w2.weight=q8')`);
  const type = text.slice(at + 1).trim();
  parseRecipeType(type);
  const pattern = text.slice(0, at).trim();
  checkPattern(pattern);
  return { pattern, type };
}

/**
 * Makes a recipe with its defaults filled in: no rules, q4 blocks of 32, f32 scales. Throws RangeError for a type, a
 * pattern or a block size that cannot be.
 */
export function createRecipe(options: {
  readonly default: string;
  readonly rules?: readonly RecipeRule[];
  readonly q4BlockSize?: number;
  readonly scaleType?: ScaleType;
}): Recipe {
  const { rules = [], scaleType = 'f32' } = options;
  parseRecipeType(options.default);
  for (const { pattern, type } of rules) {
    checkPattern(pattern);
    parseRecipeType(type);
  }
  const q4BlockSize = checkBlockSize(options.q4BlockSize ?? DEFAULT_Q4_BLOCK_SIZE);
  return { default: options.default, rules, q4BlockSize, scaleType };
}

function checkPattern(pattern: string): void {
  if (!/^[!-~]{1,256}$/.test(pattern)) {
    throw new RangeError(`not a pattern for tensor names: "${sanitizeText(pattern)}"`);
  }
}

function checkBlockSize(blockSize: number): number {
  if (!Number.isInteger(blockSize) || blockSize < 2 || blockSize > MAX_Q4_BLOCK_SIZE || blockSize % 2 !== 0) {
    throw new RangeError(`q4 block size must be even and from 2 to ${MAX_Q4_BLOCK_SIZE}, got ${blockSize}`);
  }
  return blockSize;
}
