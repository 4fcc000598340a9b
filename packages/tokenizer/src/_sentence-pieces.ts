/** Rules that the pieces of a SentencePiece model keep together; the library refuses to load a model that breaks one. */
import { sanitizeText } from '@mirust/core';
import { tokenizerError } from './errors.ts';
import { TOKEN_TYPE } from './model.ts';

/** One piece as the file has it. */
export interface SentencePiece {
  readonly text: string;
  readonly score: number;
  /** A value of `TOKEN_TYPE`. */
  readonly type: number;
  /** Where the piece lies in the file, for errors. */
  readonly offset: number;
}

/** Types whose pieces have names; all others are text, and share one name space. */
const NAMED: ReadonlySet<number> = new Set([TOKEN_TYPE.unknown, TOKEN_TYPE.control, TOKEN_TYPE.byte]);

const BYTE_PIECES = 256;

/**
 * Checks the pieces and gives the id of the unknown one, which its type tells and not the trainer's `unk_id`. Throws
 * `SENTENCEPIECE_INVALID` unless there is exactly one and unless there are 256 byte pieces or, without `byteFallback`,
 * none; `TOKENIZER_TOKEN_DUPLICATE` for two pieces that are the same.
 */
export function checkSentencePieces(pieces: readonly SentencePiece[], byteFallback: boolean): number {
  const names = new Map<string, number>();
  const texts = new Map<string, number>();
  let unknown: number | undefined;
  let bytes = 0;
  for (const [id, { text, type, offset }] of pieces.entries()) {
    if (text.includes('\0')) throw invalid(offset, `piece ${id} has a null character`);
    const ids = NAMED.has(type) ? names : texts;
    const before = ids.get(text);
    if (before !== undefined) {
      const message = `pieces ${before} and ${id} are both "${sanitizeText(text)}"`;
      throw tokenizerError('TOKENIZER_TOKEN_DUPLICATE', message, { offset, actual: id });
    }
    ids.set(text, id);
    if (type === TOKEN_TYPE.byte) bytes++;
    if (type !== TOKEN_TYPE.unknown) continue;
    if (unknown !== undefined) throw invalid(offset, `pieces ${unknown} and ${id} are both the unknown one`);
    unknown = id;
  }
  const [first] = pieces;
  if (unknown === undefined) throw invalid(first?.offset ?? 0, 'no piece is the unknown one');
  if (bytes !== (byteFallback ? BYTE_PIECES : 0)) {
    throw invalid(
      first?.offset ?? 0,
      `there are ${bytes} byte pieces ${byteFallback ? 'with' : 'without'} byte_fallback`,
    );
  }
  return unknown;
}

function invalid(offset: number, message: string): Error {
  return tokenizerError('SENTENCEPIECE_INVALID', message, { offset });
}
