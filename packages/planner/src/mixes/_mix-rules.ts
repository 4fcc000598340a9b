/**
 * Which types a file type gives to which kinds of tensors, as data. Of the choices of a kind the first whose conditions
 * all hold is taken; where none holds the tensor has the base type of the file type.
 *
 * Source: the facts are those of `llama_tensor_get_type` and the functions around it in `src/llama-quant.cpp` of
 * ggml-org/llama.cpp, commit 007dbbf3. llama.cpp v0.5.0 chooses the same (`fixtures/oracles/quant-mixes.json`). In both,
 * fused QKV follows the rules for attn_v; in older revisions it had Q5_K in Q4_K_M and Q6_K in Q5_K_M in every layer.
 */
import type { DTypeName } from '@mirust/core';
import type { TensorKind } from './_tensor-kinds.ts';
import type { FileTypeName } from './file-types.ts';

/** What the conditions look at. */
export interface MixPlace {
  readonly architecture: string;
  /** Query heads per head of keys and values, in the first layer. */
  readonly groupSize: number;
  /** 0 for a dense model. */
  readonly expertCount: number;
  readonly importanceMatrix: boolean;
  /** Where the tensor stands among those of its kind: from 0. */
  readonly position: number;
  /** Of how many. */
  readonly positionCount: number;
}

const fraction = (count: number, numerator: number, denominator: number): number =>
  Math.floor((count * numerator) / denominator);

type Condition =
  | 'falcon'
  | 'notFalcon'
  | 'grouped'
  | 'fourExperts'
  | 'eightExperts'
  | 'notEightExperts'
  | 'matrix'
  | 'noMatrix'
  | 'firstTwo'
  | 'firstFour'
  | 'firstSixteenth'
  | 'firstEighth'
  | 'middle'
  | 'moreBits';

const CONDITIONS: Readonly<Record<Condition, (place: MixPlace) => boolean>> = {
  falcon: ({ architecture }) => architecture === 'falcon',
  notFalcon: ({ architecture }) => architecture !== 'falcon',
  grouped: ({ groupSize }) => groupSize >= 4,
  fourExperts: ({ expertCount }) => expertCount >= 4,
  eightExperts: ({ expertCount }) => expertCount === 8,
  notEightExperts: ({ expertCount }) => expertCount !== 8,
  matrix: ({ importanceMatrix }) => importanceMatrix,
  noMatrix: ({ importanceMatrix }) => !importanceMatrix,
  firstTwo: ({ position }) => position < 2,
  firstFour: ({ position }) => position < 4,
  firstSixteenth: ({ position, positionCount }) => position < fraction(positionCount, 1, 16),
  firstEighth: ({ position, positionCount }) => position < fraction(positionCount, 1, 8),
  middle: ({ position, positionCount }) =>
    position >= fraction(positionCount, 1, 8) && position < fraction(positionCount, 7, 8),
  /** The first and the last eighth, and every third in between. */
  moreBits: ({ position, positionCount }) => {
    const eighth = fraction(positionCount, 1, 8);
    return position < eighth || position >= fraction(positionCount, 7, 8) || (position - eighth) % 3 === 2;
  },
};

type Choice = readonly [dtype: DTypeName, ...conditions: Condition[]];

/** The rules of one file type. */
export interface MixRules extends Partial<Record<Exclude<TensorKind, 'output' | 'other'>, readonly Choice[]>> {
  /** The head, and tied embeddings. Absent: Q6_K. */
  readonly output?: DTypeName;
  /**
   * Of the smallest types. They count tensors also where other file types go by the number of the layer, and give
   * nothing extra to 70B models and to attention beside 8 experts.
   */
  readonly isLowBit?: true;
}

const MORE_FOR_ATTENTION_OUTPUT: readonly Choice[] = [['Q5_K', 'eightExperts']];

const lowBit = (sensitive: DTypeName, attentionOutput: readonly Choice[]): MixRules => ({
  isLowBit: true,
  output: 'Q5_K',
  token_embd: [[sensitive]],
  attn_v: [['Q4_K', 'grouped'], ['Q4_K', 'fourExperts'], [sensitive]],
  attn_k: [['Q4_K', 'eightExperts']],
  attn_output: [...MORE_FOR_ATTENTION_OUTPUT, ...attentionOutput],
  ffn_down: [[sensitive, 'firstEighth']],
});

const TERNARY: MixRules = { token_embd: [['Q4_K']] };

const FOUR_BIT_NONLINEAR: MixRules = {
  attn_v: [['Q5_K', 'grouped']],
  attn_output: MORE_FOR_ATTENTION_OUTPUT,
  ffn_down: [['Q5_K', 'noMatrix', 'firstEighth']],
};

/** File types that are not named here have no rules but those for all. */
const MIX_RULES: { readonly [Name in FileTypeName]?: MixRules } = {
  IQ1_S: lowBit('Q2_K', [['IQ2_XXS']]),
  IQ1_M: lowBit('Q2_K', [['IQ2_XXS']]),
  IQ2_XXS: lowBit('Q2_K', []),
  IQ2_XS: lowBit('Q2_K', []),
  IQ2_S: lowBit('IQ3_S', [['IQ3_S']]),
  IQ2_M: lowBit('IQ3_S', [['IQ3_S']]),
  TQ1_0: TERNARY,
  TQ2_0: TERNARY,
  Q2_0: TERNARY,
  Q2_K: {
    attn_v: [['Q4_K', 'grouped'], ['Q3_K']],
    attn_output: [...MORE_FOR_ATTENTION_OUTPUT, ['Q3_K', 'notFalcon']],
    ffn_down: [['Q3_K']],
  },
  Q2_K_S: { attn_v: [['Q4_K', 'grouped']], ffn_down: [['Q4_K', 'firstEighth']] },
  IQ3_XXS: {
    output: 'Q5_K',
    token_embd: [['IQ3_S']],
    attn_v: [
      ['Q4_K', 'grouped'],
      ['IQ3_S', 'noMatrix'],
    ],
    attn_k: [['IQ2_S']],
    attn_q: [['IQ2_S']],
    attn_output: [...MORE_FOR_ATTENTION_OUTPUT, ['IQ3_S', 'notFalcon']],
    ffn_down: [
      ['Q4_K', 'noMatrix', 'firstEighth'],
      ['Q3_K', 'noMatrix'],
    ],
  },
  IQ3_XS: {
    attn_v: [['Q4_K', 'grouped']],
    attn_k: [['IQ3_XXS']],
    attn_q: [['IQ3_XXS']],
    attn_output: MORE_FOR_ATTENTION_OUTPUT,
    ffn_gate: [['IQ3_XXS', 'middle']],
    ffn_up: [['IQ3_XXS', 'middle']],
  },
  IQ3_S: { attn_v: [['Q4_K', 'grouped']], attn_output: MORE_FOR_ATTENTION_OUTPUT },
  IQ3_M: {
    attn_v: [['Q4_K']],
    attn_output: [...MORE_FOR_ATTENTION_OUTPUT, ['Q4_K', 'notFalcon']],
    ffn_down: [
      ['Q4_K', 'firstEighth'],
      ['Q4_K', 'eightExperts', 'moreBits'],
    ],
  },
  Q3_K_S: { attn_output: MORE_FOR_ATTENTION_OUTPUT },
  Q3_K_M: {
    attn_v: [['Q5_K', 'firstTwo'], ['Q4_K']],
    attn_output: [...MORE_FOR_ATTENTION_OUTPUT, ['Q4_K', 'notFalcon']],
    ffn_down: [
      ['Q5_K', 'firstSixteenth'],
      ['Q4_K', 'notFalcon'],
      ['Q4_K', 'moreBits'],
    ],
  },
  Q3_K_L: {
    attn_v: [['Q5_K']],
    attn_output: [
      ['Q4_K', 'falcon'],
      ['Q5_K', 'notEightExperts'],
    ],
    ffn_down: [['Q4_K', 'falcon'], ['Q5_K']],
  },
  IQ4_XS: FOUR_BIT_NONLINEAR,
  IQ4_NL: FOUR_BIT_NONLINEAR,
  Q4_0: { ffn_down: [['Q4_1', 'matrix', 'firstEighth']] },
  Q4_K_S: {
    attn_v: [['Q5_K', 'firstFour']],
    attn_output: MORE_FOR_ATTENTION_OUTPUT,
    ffn_down: [['Q5_K', 'notFalcon', 'firstEighth']],
  },
  Q4_K_M: {
    attn_v: [['Q6_K', 'moreBits']],
    attn_output: MORE_FOR_ATTENTION_OUTPUT,
    ffn_down: [
      ['Q6_K', 'falcon', 'firstSixteenth'],
      ['Q5_K', 'falcon', 'moreBits'],
      ['Q6_K', 'notFalcon', 'moreBits'],
    ],
  },
  Q5_0: { ffn_down: [['Q5_1', 'matrix', 'firstEighth']] },
  Q5_K_M: { attn_v: [['Q6_K', 'moreBits']], ffn_down: [['Q6_K', 'moreBits']] },
  Q8_0: { output: 'Q8_0' },
  MXFP4_MOE: { output: 'Q8_0' },
};

/** For attention beside 8 experts: small tensors, of which much depends. */
const BESIDE_EIGHT_EXPERTS: readonly Choice[] = [['Q8_0', 'eightExperts']];

/** The rules of a file type. */
export function mixRules(name: FileTypeName): MixRules {
  const rules = MIX_RULES[name] ?? {};
  if (rules.isLowBit) return rules;
  const { attn_v = [], attn_k = [] } = rules;
  return { ...rules, attn_v: [...BESIDE_EIGHT_EXPERTS, ...attn_v], attn_k: [...BESIDE_EIGHT_EXPERTS, ...attn_k] };
}

/** The type that the first fitting choice names; undefined where none fits. */
export function chooseType(choices: readonly Choice[] | undefined, place: MixPlace): DTypeName | undefined {
  return choices?.find(([, ...conditions]) => conditions.every((name) => CONDITIONS[name](place)))?.[0];
}
