/** Reading fields of strict JSON: what is missing or of another type is an error of the caller's choice. */
import { isJsonArray, isJsonObject, type JsonArray, type JsonObject, type JsonValue, sanitizeText } from '@mirust/core';
import { type ProvenanceErrorCode, provenanceError } from './errors.ts';

/** Reads fields of one document. */
export interface FieldReader {
  object(value: JsonValue | undefined, path: string): JsonObject;
  array(value: JsonValue | undefined, path: string, maxLength: number): JsonArray;
  string(value: JsonValue | undefined, path: string): string;
  /** The error for a document that is wrong at a path. */
  failure(path: string, problem: string): Error;
}

/** A reader whose errors have a code and begin with what the document is. */
export function fieldReader(code: ProvenanceErrorCode, what: string): FieldReader {
  const failure = (path: string, problem: string): Error => {
    const key = sanitizeText(path);
    return provenanceError(code, `${key || what} ${problem}${key ? ` in ${what}` : ''}`, { key });
  };
  return {
    failure,
    object(value, path) {
      if (!isJsonObject(value)) throw failure(path, value === undefined ? 'is missing' : 'is not an object');
      return value;
    },
    array(value, path, maxLength) {
      if (!isJsonArray(value)) throw failure(path, value === undefined ? 'is missing' : 'is not a list');
      if (value.length > maxLength) {
        const context = { key: path, limit: maxLength, actual: value.length };
        throw provenanceError('PROVENANCE_TOO_LARGE', `${path} has ${value.length} entries in ${what}`, context);
      }
      return value;
    },
    string(value, path) {
      if (typeof value !== 'string') throw failure(path, value === undefined ? 'is missing' : 'is not a text');
      return value;
    },
  };
}
