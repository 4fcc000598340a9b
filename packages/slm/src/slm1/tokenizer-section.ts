/** What the container itself must know of a tokenizer section: kind, version, vocabulary size and length. */
import { createCursor, readBytes, readU32, sanitizeText } from '@mirust/core';
import { slmError } from '../errors.ts';
import { SLM1_TOKENIZER_BYTES, type Slm1TokenizerKind } from './format.ts';

/** Bytes at the start of the section that {@link checkSlm1Tokenizer} needs to see. */
export const SLM1_TOKENIZER_PREFIX_BYTES = 12;

/**
 * Checks the start of a section of `byteLength` bytes that lies at `offset` and gives its kind. The rest of it belongs
 * to the tokenizer package.
 */
export function checkSlm1Tokenizer(
  prefix: Uint8Array,
  byteLength: number,
  vocabSize: number,
  offset: number,
): Slm1TokenizerKind {
  const tooShort = (expected: number): Error =>
    slmError('SLM1_TOKENIZER_LENGTH', `the tokenizer section has ${byteLength} bytes`, {
      offset,
      expected,
      actual: byteLength,
    });
  if (prefix.byteLength < SLM1_TOKENIZER_PREFIX_BYTES) throw tooShort(SLM1_TOKENIZER_BYTES.BTOK);
  const cursor = createCursor(prefix, offset);
  const kind = String.fromCharCode(...readBytes(cursor, 4, 'tokenizer magic'));
  if (kind !== 'BTOK' && kind !== 'BPE1') {
    throw slmError('SLM1_TOKENIZER_KIND', `tokenizer section "${sanitizeText(kind)}"`, {
      offset,
      expected: 'BTOK or BPE1',
      actual: sanitizeText(kind),
    });
  }
  const version = readU32(cursor, 'tokenizer version');
  if (version !== 1) {
    const context = { offset: offset + 4, expected: 1, actual: version };
    throw slmError('SLM1_TOKENIZER_VERSION', `${kind} version ${version}`, context);
  }
  const vocab = readU32(cursor, 'tokenizer vocab_size');
  if (vocab !== vocabSize) {
    const message = `${kind} has a vocabulary of ${vocab}, the header says ${vocabSize}`;
    throw slmError('SLM1_TOKENIZER_VOCAB', message, { offset: offset + 8, expected: vocabSize, actual: vocab });
  }
  const minimum = SLM1_TOKENIZER_BYTES[kind];
  if (byteLength < minimum || (kind === 'BTOK' && byteLength !== minimum)) throw tooShort(minimum);
  return kind;
}
