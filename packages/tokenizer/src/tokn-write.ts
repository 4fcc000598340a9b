/** Writes the `TOKN` section; its layout is described in `_tokn-layout.ts`. */
import {
  ADDED_FLAGS,
  FLAGS,
  INVALID,
  KINDS,
  LEADING_SPACES,
  layoutTokn,
  NORMALIZERS,
  PREFIXES,
  SCORES_FLAG,
  STEPS,
  TOKN_ABSENT,
  TOKN_VERSION,
} from './_tokn-layout.ts';
import { checkTokenizerModel } from './create.ts';
import type { TokenizerModel } from './model.ts';
import { tokenCount } from './token-table.ts';

/**
 * The bytes of the section. The same model always gives the same bytes. Throws what `checkTokenizerModel` throws: only
 * what can be loaded again is written.
 */
export function writeTokn(model: TokenizerModel): Uint8Array {
  checkTokenizerModel(model);
  const { tokens, types, scores, merges, added, endOfGeneration, special } = model;
  const counts = {
    vocabSize: tokenCount(tokens),
    tokenBytes: tokens.bytes.length,
    hasScores: scores !== undefined,
    mergeCount: merges.length / 3,
    addedCount: added.length,
    endCount: endOfGeneration.length,
    stepCount: model.preTokenizer.length,
  };
  const parts = layoutTokn(counts);
  const bytes = new Uint8Array(parts.end);
  const view = new DataView(bytes.buffer);
  const putWords = (start: number, words: ArrayLike<number>): void => {
    for (let i = 0; i < words.length; i++) view.setUint32(start + i * 4, words[i] ?? 0, true);
  };
  bytes.set(new TextEncoder().encode('TOKN'));
  view.setUint32(4, TOKN_VERSION, true);
  bytes[8] = KINDS.indexOf(model.kind);
  bytes[9] = NORMALIZERS.indexOf(model.normalizer);
  bytes[10] = PREFIXES.indexOf(model.spacePrefix);
  bytes[11] = LEADING_SPACES.indexOf(model.leadingSpace);
  bytes[12] = INVALID.indexOf(model.invalidBytes);
  bytes[13] = counts.stepCount;
  view.setUint16(14, bits(FLAGS, model) | (counts.hasScores ? SCORES_FLAG : 0), true);
  putWords(16, [counts.vocabSize]);
  putWords(
    20,
    [special.bos, special.eos, special.pad, special.unk].map((id) => id ?? TOKN_ABSENT),
  );
  putWords(36, [counts.mergeCount, counts.addedCount, counts.endCount, counts.tokenBytes]);
  putWords(parts.offsets, tokens.offsets);
  bytes.set(tokens.bytes, parts.tokens);
  bytes.set(types, parts.types);
  scores?.forEach((score, id) => {
    view.setFloat32(parts.scores + id * 4, score, true);
  });
  putWords(parts.merges, merges);
  putWords(
    parts.added,
    added.flatMap((token) => [token.id, bits(ADDED_FLAGS, token)]),
  );
  putWords(parts.ends, endOfGeneration);
  bytes.set(
    model.preTokenizer.map((step) => STEPS.indexOf(step)),
    parts.steps,
  );
  return bytes;
}

/** Bit i is set where the flag of that name is. */
function bits<Name extends string>(names: readonly Name[], flags: Readonly<Record<Name, boolean>>): number {
  return names.reduce((sum, name, index) => sum | (flags[name] ? 1 << index : 0), 0);
}
