/** @packageDocumentation Text to token ids and back, for every tokenizer that the readers meet. */

export { BPE1_HEADER_BYTES, BPE1_MIN_VOCAB_SIZE, readBpe1 } from './bpe1-read.ts';
export { bpe1Obstacles, writeBpe1 } from './bpe1-write.ts';
export { BTOK_BYTE_LENGTH, byteTokenizerModel, readBtok, writeBtok } from './btok.ts';
export { checkTokenizerModel, createTokenizer } from './create.ts';
export { END_OF_TURN_NAMES, withEndOfGeneration } from './end-of-generation.ts';
export * from './errors.ts';
export { tokenizerFromGguf } from './gguf.ts';
export { tokenizerFromHuggingFace } from './huggingface.ts';
export * from './limits.ts';
export { tokenizerFromLlama2c } from './llama2c.ts';
export * from './model.ts';
export { tokenizerFromSentencePiece } from './sentencepiece.ts';
export { tokenByteLength, tokenCount, tokenText, tokenView } from './token-table.ts';
export type * from './tokenizer.ts';
export { readTokn } from './tokn-read.ts';
export { writeTokn } from './tokn-write.ts';
