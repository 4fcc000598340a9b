/**
 * `TOKN`, the tokenizer's section of an SLM2 file: the whole of a `TokenizerModel`, so that an artifact needs no other
 * file to turn text into ids.
 *
 * Goals, in this order: nothing of the model is lost; the same model gives the same bytes; a reader that does not know
 * something rejects it; loading makes no string and no object per token. Not a goal: being small (a vocabulary is a
 * thousandth of its model).
 *
 *     header, 64 bytes, little-endian
 *     0   4 B  magic "TOKN"
 *     4   u32  version, 1
 *     8   u8   kind           index into KINDS        9   u8   normalizer     index into NORMALIZERS
 *     10  u8   space_prefix   index into PREFIXES     11  u8   leading_space  index into LEADING_SPACES
 *     12  u8   invalid_bytes  index into INVALID      13  u8   step_count     pre-tokenizer steps, 0..16
 *     14  u16  flags          bit i is FLAGS[i], bit 8: scores follow; any other bit set: reject
 *     16  u32  vocab_size
 *     20  u32  bos   24  u32  eos   28  u32  pad   32  u32  unk        0xFFFFFFFF: there is none
 *     36  u32  merge_count
 *     40  u32  added_count
 *     44  u32  end_count      ids besides eos that end a generation
 *     48  u32  token_bytes    bytes of all tokens together
 *     52  12 B zero
 *     body, each part padded with zeros to a multiple of 4
 *         u32 offsets[vocab_size + 1]      from 0 to token_bytes, never falling
 *         u8  tokens[token_bytes]
 *         u8  types[vocab_size]
 *         f32 scores[vocab_size]           where flag 8 is set
 *         u32 merges[merge_count × 3]      left, right, output; the place is the rank
 *         u32 added[added_count × 2]       id, flags: bit i is ADDED_FLAGS[i], others: reject
 *         u32 ends[end_count]
 *         u8  steps[step_count]            index into PRE_TOKENIZER_STEPS
 *
 * The section ends where the last part ends. Lists of names only ever grow at their end, with a new version.
 */
import { PRE_TOKENIZER_STEPS, type TokenizerModel } from './model.ts';

/** Length of the header. */
export const TOKN_HEADER_BYTES = 64;

/** The version that is written, and the only one that is read. */
export const TOKN_VERSION = 1;

/** Where there is no such token. */
export const TOKN_ABSENT = 0xffff_ffff;

export const KINDS: readonly TokenizerModel['kind'][] = [
  'byte',
  'byte-pair-ids',
  'byte-level-bpe',
  'sentencepiece-bpe',
];
export const NORMALIZERS: readonly TokenizerModel['normalizer'][] = ['none', 'nfc'];
export const PREFIXES: readonly TokenizerModel['spacePrefix'][] = ['never', 'start', 'fragment'];
export const LEADING_SPACES: readonly TokenizerModel['leadingSpace'][] = ['keep', 'strip-one', 'strip-first-token'];
export const INVALID: readonly TokenizerModel['invalidBytes'][] = ['sequence', 'byte', 'run'];
export const FLAGS = [
  'addBos',
  'addEos',
  'spacePrefixUnlessPresent',
  'collapseSpaces',
  'ignoreMerges',
  'byteFallback',
  'fuseUnknown',
] as const;
export const SCORES_FLAG: number = 1 << 8;
export const ADDED_FLAGS = ['normalized', 'spaceBefore', 'lstrip', 'rstrip', 'singleWord'] as const;
export const STEPS: typeof PRE_TOKENIZER_STEPS = PRE_TOKENIZER_STEPS;

/** The counts of a header, from which every place in the section follows. */
export interface ToknCounts {
  readonly vocabSize: number;
  readonly tokenBytes: number;
  readonly hasScores: boolean;
  readonly mergeCount: number;
  readonly addedCount: number;
  readonly endCount: number;
  readonly stepCount: number;
}

/** The byte offset of each part in the section, and of the section's end. */
export interface ToknParts {
  readonly offsets: number;
  readonly tokens: number;
  readonly types: number;
  readonly scores: number;
  readonly merges: number;
  readonly added: number;
  readonly ends: number;
  readonly steps: number;
  readonly end: number;
}

/** Lays the parts out. All counts are below 2^32, so the sums are exact. */
export function layoutTokn(counts: ToknCounts): ToknParts {
  let end = TOKN_HEADER_BYTES;
  const part = (byteLength: number): number => {
    const start = end;
    end += Math.ceil(byteLength / 4) * 4;
    return start;
  };
  return {
    offsets: part((counts.vocabSize + 1) * 4),
    tokens: part(counts.tokenBytes),
    types: part(counts.vocabSize),
    scores: part(counts.hasScores ? counts.vocabSize * 4 : 0),
    merges: part(counts.mergeCount * 12),
    added: part(counts.addedCount * 8),
    ends: part(counts.endCount * 4),
    steps: part(counts.stepCount),
    end,
  };
}
