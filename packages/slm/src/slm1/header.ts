/** The 108 bytes of the header: reading with every rule, and writing. */
import { type ByteSource, createCursor, readBytes, readF32, readU32, readU64, sanitizeText } from '@mirust/core';
import { type HyperparameterRecord, validateHyperparameterRecord } from '@mirust/schemas';
import { slmError } from '../errors.ts';
import {
  SLM1_ALIGNMENT,
  SLM1_ENTRY_BYTES,
  SLM1_HEADER_BYTES,
  SLM1_MAGIC,
  SLM1_MIN_SPECIALS,
  SLM1_MIN_VOCAB,
  type Slm1Header,
} from './format.ts';

/**
 * Reads a header that lies at the start of `source`. Order of the checks: size, magic, version, unknown bits, fields,
 * ranges, places; so that nothing after it can be led outside the file.
 */
export function parseSlm1Header(bytes: Uint8Array, source: ByteSource): Slm1Header {
  const cursor = createCursor(bytes);
  const magic = String.fromCharCode(...readBytes(cursor, 4, 'magic'));
  if (magic !== SLM1_MAGIC) {
    throw slmError('SLM1_MAGIC', `the file starts with "${sanitizeText(magic)}"`, { offset: 0, expected: SLM1_MAGIC });
  }
  const u32 = (what: string): number => readU32(cursor, what);
  const version = u32('version');
  if (version !== 1)
    throw slmError('SLM1_VERSION', `container version ${version}`, { offset: 4, expected: 1, actual: version });
  const headerByteLength = u32('header_length');
  const modelType = u32('model_type');
  if (modelType !== 1) {
    throw slmError('SLM1_MODEL_TYPE', `model type ${modelType}`, { offset: 12, expected: 1, actual: modelType });
  }
  const flags = u32('flags');
  if (flags > 1) {
    const actual = `0x${flags.toString(16)}`;
    throw slmError('SLM1_FLAGS', `flags ${actual}: only bit 0 is defined`, { offset: 16, actual });
  }
  const vocabSize = u32('vocab_size');
  const specialTokenCount = u32('special_token_count');
  const hyperparameters: HyperparameterRecord = {
    vocabSize,
    hiddenSize: u32('hidden_size'),
    layerCount: u32('layer_count'),
    headCount: u32('head_count'),
    kvHeadCount: u32('kv_head_count'),
    headDim: u32('head_dim'),
    ffnSize: u32('ffn_size'),
    maxContext: u32('max_context'),
    ropeTheta: readF32(cursor, 'rope_theta'),
    rmsNormEpsilon: readF32(cursor, 'rms_norm_epsilon'),
    tiedOutput: (flags & 1) === 1,
  };
  const problem = headerProblem(hyperparameters, specialTokenCount);
  if (problem !== undefined) {
    throw slmError('SLM1_HEADER_FIELD', problem.message, { offset: FIELD_OFFSETS[problem.key], key: problem.key });
  }
  if (headerByteLength < SLM1_HEADER_BYTES) {
    const context = { offset: 8, key: 'headerByteLength', expected: SLM1_HEADER_BYTES, actual: headerByteLength };
    throw slmError('SLM1_HEADER_FIELD', `header_length is ${headerByteLength}, less than the header has`, context);
  }
  /** Reads an offset or length and checks that it lies within the file: only then does it become a number. */
  const within = (what: string): number => {
    const offset = cursor.position;
    const value = readU64(cursor, what);
    if (value <= BigInt(source.byteLength)) return Number(value);
    const message = `${what} is ${value}, the file has ${source.byteLength} bytes`;
    throw slmError('SLM1_SECTION_RANGE', message, { offset, limit: source.byteLength, actual: value });
  };
  const tokenizerOffset = within('tokenizer_offset');
  const tokenizerByteLength = within('tokenizer_length');
  const directoryOffset = within('tensor_directory_offset');
  const tensorCount = u32('tensor_count');
  const dataOffset = within('tensor_data_offset');
  const checksum = readU64(cursor, 'checksum');
  if (checksum === 0n) throw slmError('SLM1_CHECKSUM_ZERO', 'the stored checksum is zero', { offset: 100 });
  const header: Slm1Header = {
    headerByteLength,
    hyperparameters,
    specialTokenCount,
    tokenizerOffset,
    tokenizerByteLength,
    directoryOffset,
    tensorCount,
    dataOffset,
    checksum,
  };
  checkPlaces(header, source.byteLength);
  return header;
}

/** Where each field lies, for messages. */
const FIELD_OFFSETS = {
  vocabSize: 20,
  specialTokenCount: 24,
  hiddenSize: 28,
  layerCount: 32,
  headCount: 36,
  kvHeadCount: 40,
  headDim: 44,
  ffnSize: 48,
  maxContext: 52,
  ropeTheta: 56,
  rmsNormEpsilon: 60,
} as const;

/** The first rule that the shape of a model breaks, or undefined. */
export function headerProblem(
  h: HyperparameterRecord,
  specialTokenCount: number,
): { readonly key: keyof typeof FIELD_OFFSETS; readonly message: string } | undefined {
  const result = validateHyperparameterRecord(h);
  if (!result.ok) {
    const { path, message } = result.errors[0] ?? { path: '', message: '' };
    const key = path.slice(1) as keyof typeof FIELD_OFFSETS;
    return { key, message: `${key} is ${h[key as keyof HyperparameterRecord]}, but ${message}` };
  }
  if (h.vocabSize < SLM1_MIN_VOCAB) {
    return { key: 'vocabSize', message: `vocabSize is ${h.vocabSize}, SLM1 starts at ${SLM1_MIN_VOCAB}` };
  }
  if (specialTokenCount < SLM1_MIN_SPECIALS || specialTokenCount > h.vocabSize) {
    const range = `${SLM1_MIN_SPECIALS} to ${h.vocabSize}`;
    return { key: 'specialTokenCount', message: `specialTokenCount is ${specialTokenCount}, expected ${range}` };
  }
  if (h.headCount % h.kvHeadCount !== 0) {
    return { key: 'kvHeadCount', message: `kvHeadCount ${h.kvHeadCount} does not divide headCount ${h.headCount}` };
  }
  if (h.headCount * h.headDim !== h.hiddenSize) {
    const message = `headCount ${h.headCount} times headDim ${h.headDim} is not hiddenSize ${h.hiddenSize}`;
    return { key: 'headDim', message };
  }
  return undefined;
}

function checkPlaces(header: Slm1Header, fileByteLength: number): void {
  const { headerByteLength, tokenizerOffset, tokenizerByteLength, directoryOffset, tensorCount, dataOffset } = header;
  /** All operands are at most the file's length, or a u32 times 64: sums stay far below 2^53. */
  const sections = [
    { what: 'the header', offset: 0, end: headerByteLength, field: 8 },
    { what: 'the tokenizer', offset: tokenizerOffset, end: tokenizerOffset + tokenizerByteLength, field: 64 },
    {
      what: 'the directory',
      offset: directoryOffset,
      end: directoryOffset + tensorCount * SLM1_ENTRY_BYTES,
      field: 80,
    },
    { what: 'the data', offset: dataOffset, end: dataOffset, field: 92 },
  ];
  let before = { what: 'the start', end: 0 };
  for (const { what, offset, end, field } of sections) {
    if (end > fileByteLength) {
      const message = `${what} ends at ${end}, the file has ${fileByteLength} bytes`;
      throw slmError('SLM1_SECTION_RANGE', message, { offset: field, limit: fileByteLength, actual: end });
    }
    const aligned = field < 80 || offset % SLM1_ALIGNMENT === 0;
    if (!aligned || offset < before.end || offset - before.end >= SLM1_ALIGNMENT) {
      const expected = `${aligned ? 'within 64 bytes' : 'at the next multiple of 64'} behind ${before.what}`;
      const message = `${what} starts at ${offset}, but ${before.what} ends at ${before.end}`;
      throw slmError('SLM1_SECTION_PLACE', message, { offset: field, expected, actual: offset });
    }
    before = { what, end };
  }
}

/** The header's bytes. */
export function writeSlm1Header(header: Slm1Header): Uint8Array {
  const bytes = new Uint8Array(SLM1_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const h = header.hyperparameters;
  for (let i = 0; i < 4; i++) view.setUint8(i, SLM1_MAGIC.charCodeAt(i));
  const words: readonly number[] = [
    1,
    header.headerByteLength,
    1,
    h.tiedOutput ? 1 : 0,
    h.vocabSize,
    header.specialTokenCount,
    h.hiddenSize,
    h.layerCount,
    h.headCount,
    h.kvHeadCount,
    h.headDim,
    h.ffnSize,
    h.maxContext,
  ];
  for (const [index, word] of words.entries()) view.setUint32(4 + 4 * index, word, true);
  view.setFloat32(56, h.ropeTheta, true);
  view.setFloat32(60, h.rmsNormEpsilon, true);
  view.setBigUint64(64, BigInt(header.tokenizerOffset), true);
  view.setBigUint64(72, BigInt(header.tokenizerByteLength), true);
  view.setBigUint64(80, BigInt(header.directoryOffset), true);
  view.setUint32(88, header.tensorCount, true);
  view.setBigUint64(92, BigInt(header.dataOffset), true);
  view.setBigUint64(100, header.checksum, true);
  return bytes;
}
