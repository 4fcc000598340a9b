/** What rendering may use up. */

/** Budgets of one call. Whatever passes one of them ends the call, never the program. */
export interface TemplateBudgets {
  /** Until everything is rendered, from the start of the sandbox on. Default 2,000: a render in use takes 1. */
  readonly milliseconds?: number;
  /**
   * Steps of the interpreter: one per node of the template's tree that is evaluated (one more per eight levels of depth), one per item of a list that is made
   * and 16 per item that a loop runs over, one per 256 characters of a text. Default 1,000,000; a render in use takes some hundreds, and 20 per message.
   */
  readonly steps?: number;
  /** Longest text that is rendered, or made on the way. Default 2^20. */
  readonly textCharacters?: number;
  /** Memory for JavaScript values, where the platform can bound it (Node). Default 128. */
  readonly heapMebibytes?: number;
}

const DEFAULTS: Required<TemplateBudgets> = {
  milliseconds: 2000,
  steps: 1_000_000,
  textCharacters: 2 ** 20,
  heapMebibytes: 128,
};

/** Budgets with the defaults filled in. Throws RangeError for what is no positive integer. */
export function completeBudgets(budgets: TemplateBudgets = {}): Required<TemplateBudgets> {
  const complete = { ...DEFAULTS, ...budgets };
  for (const [name, value] of Object.entries(complete)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`${name} must be a positive integer, got ${value}`);
  }
  return complete;
}
