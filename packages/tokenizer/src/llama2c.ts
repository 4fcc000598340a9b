/**
 * The tokenizer file of llama2.c (`tokenizer.bin`, `tok512.bin`): a SentencePiece vocabulary without its settings.
 *
 *     u32  max_token_length
 *     per token:  f32 score, u32 byte length, the bytes        (the vocabulary's size stands in the model's file)
 *
 * The texts have spaces where SentencePiece has `▁`. Id 0 is `<unk>`, 1 is BOS (`\n<s>\n`), 2 is EOS (`\n</s>\n`), and
 * 3–258 are the byte tokens `<0x00>` to `<0xFF>`. Source: karpathy/llama2.c, `tokenizer.py` and `run.c`.
 */
import { createCursor, cursorOffset, readBytes, readF32, readU32, readUtf8, remainingBytes } from '@mirust/core';
import { checkAt } from './_check-at.ts';
import { checkTokenLength, checkVocabSize } from './_check-fields.ts';
import { plainAdded, plainModel } from './_plain-model.ts';
import { byteOfToken } from './_vocabulary.ts';
import { tokenizerError } from './errors.ts';
import { type ImportedTokenizer, TOKEN_TYPE, type TokenizerModel } from './model.ts';
import { createTokenTableBuilder } from './token-table.ts';

const FIRST_BYTE_ID = 3;
const FIRST_TEXT_ID = FIRST_BYTE_ID + 256;
const NAMES = ['<unk>', '<s>', '</s>'];
const MIN_RECORD_BYTES = 8;

/**
 * Reads the file; `vocabSize` is the one of the model that it belongs to. Throws `LLAMA2C_INVALID`, `TRUNCATED` and the
 * codes of `TOKENIZER_ERRORS`, with the byte offset.
 */
export function tokenizerFromLlama2c(bytes: Uint8Array, vocabSize: number): ImportedTokenizer {
  if (!Number.isSafeInteger(vocabSize)) throw new TypeError(`vocabSize must be an integer, got ${vocabSize}`);
  checkVocabSize(vocabSize);
  const cursor = createCursor(bytes);
  const maxTokenLength = readU32(cursor, 'max_token_length');
  if (vocabSize < FIRST_TEXT_ID || vocabSize * MIN_RECORD_BYTES > remainingBytes(cursor)) {
    throw invalid(4, `${vocabSize} tokens do not fit into the file, or are fewer than ${FIRST_TEXT_ID}`);
  }
  const builder = createTokenTableBuilder(vocabSize);
  const types = new Uint8Array(vocabSize).fill(TOKEN_TYPE.normal);
  types[0] = TOKEN_TYPE.unknown;
  types.fill(TOKEN_TYPE.control, 1, FIRST_BYTE_ID).fill(TOKEN_TYPE.byte, FIRST_BYTE_ID, FIRST_TEXT_ID);
  const scores = new Float32Array(vocabSize);
  for (let id = 0; id < vocabSize; id++) {
    const offset = cursorOffset(cursor);
    scores[id] = readF32(cursor, 'score');
    const byteLength = readU32(cursor, 'token byte length');
    checkTokenLength(id, byteLength, offset);
    if (byteLength > maxTokenLength || byteLength === 0) {
      throw invalid(offset, `token ${id} has ${byteLength} bytes, and the file announces 1 to ${maxTokenLength}`);
    }
    if (id >= FIRST_TEXT_ID) {
      builder.addBytes(readBytes(cursor, byteLength, 'token bytes'));
      continue;
    }
    const text = readUtf8(cursor, byteLength, 'token bytes');
    if (id < FIRST_BYTE_ID) {
      const name = NAMES[id] ?? '';
      if (text.trim() !== name) throw invalid(offset, `token ${id} is not ${name}`);
      builder.addText(name);
    } else {
      if (byteOfToken(text) !== id - FIRST_BYTE_ID)
        throw invalid(offset, `token ${id} is not the byte token of its place`);
      builder.addBytes([id - FIRST_BYTE_ID]);
    }
  }
  if (remainingBytes(cursor) > 0) {
    throw invalid(cursorOffset(cursor), `${remainingBytes(cursor)} bytes lie behind the last of ${vocabSize} tokens`);
  }
  const model: TokenizerModel = {
    ...plainModel('sentencepiece-bpe', builder.finish(), types),
    scores,
    special: { bos: 1, eos: 2, unk: 0 },
    added: [0, 1, 2].map(plainAdded),
    spacePrefix: 'fragment',
    leadingSpace: 'strip-one',
    byteFallback: true,
    fuseUnknown: true,
    addBos: true,
  };
  checkAt(model, 0);
  return { model, warnings: [] };
}

function invalid(offset: number, message: string): Error {
  return tokenizerError('LLAMA2C_INVALID', message, { offset });
}
