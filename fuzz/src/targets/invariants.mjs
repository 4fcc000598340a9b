/** What must hold, whatever was read. A broken one is a mistake in a reader, never in its input. */
import { isMirustError, readRange } from '@mirust/core';
import { createTokenizer, readTokn, tokenCount, writeTokn } from '@mirust/tokenizer';

/** Thrown where a reader took something that it should not have taken, or made something wrong of it. */
export class BrokenInvariant extends Error {}

export function must(condition, what) {
  if (!condition) throw new BrokenInvariant(what());
}

/** Whether two plain values (objects, arrays, Maps, typed arrays, NaN) are the same. */
export function same(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false;
    const [left, right] = [[...a], [...b]];
    return left.every(([key, value], i) => right[i][0] === key && same(value, right[i][1]));
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (Array.isArray(a) || ArrayBuffer.isView(a)) {
    return a.length === b?.length && Array.prototype.every.call(a, (value, i) => same(value, b[i]));
  }
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => same(a[key], b[key]));
}

/** Every tensor lies in the file, none over another, and all their bytes can be read. */
export async function checkTensors(source, tensors, dataOffset) {
  let end = dataOffset;
  for (const { name, offset, byteLength } of [...tensors].sort(
    (a, b) => a.offset - b.offset || a.byteLength - b.byteLength,
  )) {
    must(Number.isSafeInteger(offset) && Number.isSafeInteger(byteLength), () => `${name}: ${offset}, ${byteLength}`);
    must(offset >= end, () => `${name} at ${offset} begins before ${end}`);
    end = offset + byteLength;
    must(end <= source.byteLength, () => `${name} ends at ${end} of ${source.byteLength}`);
    await readRange(source, offset, byteLength);
  }
}

const TEXTS = [' Once upon\ta  time <s>\n', '', 'a', 'ä€😀\u0301\ufffd', '<unk></s>\u2581<0x41>'];

/** A tokenizer encodes and decodes, in its vocabulary; `deep`: more texts, and its own section says it again. */
export function checkTokenizer(model, deep) {
  const tokenizer = createTokenizer(model);
  const count = tokenCount(model.tokens);
  const again = deep ? throughTokn(model) : undefined;
  for (const text of deep ? TEXTS : TEXTS.slice(0, 1)) {
    const ids = encode(tokenizer, text);
    must(again === undefined || same(encode(again, text), ids), () => `"${text}" has other ids from TOKN`);
    if (ids === undefined) continue;
    must(
      ids.every((id) => Number.isInteger(id) && id >= 0 && id < count),
      () => `ids ${ids} of ${count}`,
    );
    const decoder = tokenizer.createDecoder();
    const pieces = ids.map((id) => decoder.push(id)).join('') + decoder.flush();
    must(pieces === tokenizer.decode(ids), () => `"${text}" decodes differently in a stream`);
  }
}

/** Undefined where the vocabulary cannot express a text: that is the model's nature. */
function encode(tokenizer, text) {
  try {
    return tokenizer.encode(text);
  } catch (error) {
    if (!isMirustError(error, 'TOKENIZER_BYTE_MISSING')) throw error;
    return undefined;
  }
}

function throughTokn(model) {
  const section = writeTokn(model);
  const again = readTokn(section);
  must(same(writeTokn(again), section), () => 'TOKN changes when it is written again');
  return createTokenizer(again);
}
