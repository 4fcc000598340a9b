/** The META section: from bytes to a checked document and back. */
import { decodeUtf8, type JsonValue, MAX_JSON_DEPTH, sanitizeText, visitJsonMembers } from '@mirust/core';
import { canonicalJson } from '@mirust/integrity';
import { type Slm2Meta, validateSlm2Meta } from '@mirust/schemas';
import { slmError } from '../errors.ts';
import { SLM2_MAX_BYTES, SLM2_MAX_TENSORS } from './format.ts';

/** Values in one member of META: 4,096 source files have three each. */
const MAX_MEMBER_VALUES: number = 2 ** 15;

/**
 * Reads META, which lies at `offset` of the file. Order of the checks: strict JSON, version, canonical form, schema; a
 * newer version may have another schema. Throws `JSON_…` and `SLM2_META_…` codes.
 */
export function parseSlm2Meta(bytes: Uint8Array, offset: number): Slm2Meta {
  const what = 'META';
  // Canonical JSON has no white space in front.
  if (bytes[0] !== 0x7b) throw slmError('SLM2_META_SCHEMA', 'META does not start with "{"', { offset, key: '' });
  let version: JsonValue | undefined;
  let tensorCount = 0;
  const limits = { maxDepth: MAX_JSON_DEPTH, maxMemberBytes: SLM2_MAX_BYTES.META, maxMemberValues: MAX_MEMBER_VALUES };
  visitJsonMembers(bytes, { ...limits, what, baseOffset: offset, nested: 'tensors' }, ({ key, value, isNested }) => {
    if (isNested && ++tensorCount > SLM2_MAX_TENSORS) {
      const context = { offset, limit: SLM2_MAX_TENSORS };
      throw slmError('SLM2_META_TENSORS', `META speaks of more than ${SLM2_MAX_TENSORS} tensors`, context);
    }
    if (!isNested && key === 'formatVersion') version = value;
    return undefined;
  });
  if (version !== undefined && version !== 1) {
    const actual = typeof version === 'object' ? 'not a number' : sanitizeText(String(version));
    throw slmError('SLM2_META_VERSION', `META has formatVersion ${actual}`, { offset, expected: 1, actual });
  }
  // The strict reader has vouched for the text; the platform's parser makes the plain objects that the validator needs.
  const text = decodeUtf8(bytes, what, offset);
  const value: unknown = JSON.parse(text);
  if (canonicalJson(value) !== text) {
    throw slmError('SLM2_META_CANONICAL', 'META is not in canonical form', { offset });
  }
  const result = validateSlm2Meta(value);
  if (result.ok) return result.value;
  const problem = result.errors[0] ?? { path: '', message: 'is wrong' };
  const key = sanitizeText(problem.path);
  throw slmError('SLM2_META_SCHEMA', `META${key} ${sanitizeText(problem.message)}`, { offset, key });
}

/** META's bytes. Throws TypeError for a document that its schema refuses. */
export function writeSlm2Meta(meta: Slm2Meta): Uint8Array {
  const result = validateSlm2Meta(meta);
  if (!result.ok) {
    const problem = result.errors[0] ?? { path: '', message: 'is wrong' };
    throw new TypeError(`META${sanitizeText(problem.path)} ${sanitizeText(problem.message)}`);
  }
  return new TextEncoder().encode(canonicalJson(meta));
}
