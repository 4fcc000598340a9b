/** What our readers see, in the form in which `fixtures/oracles/differential.py` writes what others see. */
import { decodeUtf8, dtypeInfo, isMirustError, memorySource } from '@mirust/core';
import { readGguf } from '@mirust/gguf';
import { readSafetensors } from '@mirust/safetensors';
import { createTokenizer, tokenCount, tokenizerFromHuggingFace, tokenizerFromSentencePiece } from '@mirust/tokenizer';

const TEXTS = ['a', 'Once upon  a time', 'abc ab <s>', ''];

/** Ids of the texts; null for one that the vocabulary cannot express, of which libraries drop what is missing. */
function idsOf(model, options) {
  const tokenizer = createTokenizer(model);
  return TEXTS.map((text) => {
    try {
      return tokenizer.encode(text, { addSpecial: false, ...options });
    } catch (error) {
      if (!isMirustError(error, 'TOKENIZER_BYTE_MISSING')) throw error;
      return null;
    }
  });
}

const READERS = {
  async safetensors(bytes) {
    const { tensors } = await readSafetensors(memorySource(bytes));
    const rows = tensors.map(({ name, dtype, shape, byteLength }) => [
      name,
      dtypeInfo(dtype).safetensorsName,
      [...shape],
      byteLength,
    ]);
    return rows.sort(([a], [b]) => compareUtf8(a, b));
  },
  async gguf(bytes) {
    const { tensors, metadata } = await readGguf(memorySource(bytes));
    const rows = tensors.map(({ name, dtype, shape, offset, byteLength }) => [
      name,
      dtype.toUpperCase(),
      [...shape],
      offset,
      byteLength,
    ]);
    return { tensors: rows, keys: [...metadata.keys()] };
  },
  async 'tokenizer-json'(bytes) {
    return idsOf(tokenizerFromHuggingFace(decodeUtf8(bytes, 'tokenizer.json')).model, {});
  },
  async sentencepiece(bytes) {
    const { model } = tokenizerFromSentencePiece(bytes);
    return { pieces: tokenCount(model.tokens), ids: idsOf(model, { parseSpecial: false }) };
  },
};

/** Python sorts by code points. */
function compareUtf8(a, b) {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** `{ facts }`, or `{ code }` of the error with which we refuse. */
export async function ourVerdict(format, bytes) {
  try {
    return { facts: await READERS[format](bytes) };
  } catch (error) {
    if (!isMirustError(error)) throw error;
    return { code: error.code, message: error.message };
  }
}
