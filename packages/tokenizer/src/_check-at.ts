/** Checks a model that was just read, so that an error says where in the file the tokenizer lies. */
import { isMirustError, MirustError } from '@mirust/core';
import { checkTokenizerModel } from './create.ts';
import type { TokenizerModel } from './model.ts';

/** As `checkTokenizerModel`; errors without a byte offset get `offset`. */
export function checkAt(model: TokenizerModel, offset: number): void {
  try {
    checkTokenizerModel(model);
  } catch (error) {
    if (!isMirustError(error) || error.offset !== undefined) throw error;
    const entry = { class: error.class, when: '', remedy: error.remedy };
    throw new MirustError(error.code, entry, error.message, { ...error.context, offset, cause: error });
  }
}
