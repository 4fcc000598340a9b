/** A model with every option off: what the readers start from. */
import type { TokenizerKind, TokenizerModel, TokenTable } from './model.ts';

/** See the module comment. */
export function plainModel(kind: TokenizerKind, tokens: TokenTable, types: Uint8Array): TokenizerModel {
  return {
    kind,
    tokens,
    types,
    merges: new Uint32Array(),
    special: {},
    endOfGeneration: [],
    added: [],
    normalizer: 'none',
    spacePrefix: 'never',
    spacePrefixUnlessPresent: false,
    collapseSpaces: false,
    preTokenizer: [],
    ignoreMerges: false,
    byteFallback: false,
    fuseUnknown: false,
    leadingSpace: 'keep',
    invalidBytes: 'sequence',
    addBos: false,
    addEos: false,
  };
}

/** An added token without any of its flags. */
export function plainAdded(id: number): TokenizerModel['added'][number] {
  return { id, normalized: false, spaceBefore: false, lstrip: false, rstrip: false, singleWord: false };
}
