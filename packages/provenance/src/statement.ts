/**
 * In-toto statements, version 1 (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md): artifacts by
 * their digests, and what is said of them.
 *
 * ```
 * {"_type": "https://in-toto.io/Statement/v1",
 *  "subject": [{"name": text, "digest": {algorithm: value, …}}, …],
 *  "predicateType": URI, "predicate": anything}
 * ```
 */
import { isMirustError, type JsonValue, parseStrictJson, sanitizeText } from '@mirust/core';
import { canonicalJson } from '@mirust/integrity';
import { type FieldReader, fieldReader } from './_fields.ts';
import { MAX_SIGNATURE_BYTES } from './envelope.ts';
import { provenanceError } from './errors.ts';

/** The one type of statements that is read. */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** Subjects of one statement, and files of a model: the largest repositories of models have some hundreds. */
export const MAX_SUBJECTS = 65_536;

/** Digests of one subject. */
const MAX_DIGESTS = 16;

/** An artifact that a statement speaks of. */
export interface StatementSubject {
  /** Empty where none is stated. Text of the file. */
  readonly name: string;
  /** By algorithm. */
  readonly digest: ReadonlyMap<string, string>;
}

/** A statement, as its payload has it. */
export interface Statement {
  readonly subject: readonly StatementSubject[];
  readonly predicateType: string;
  /** Absent where there is none. */
  readonly predicate?: JsonValue;
}

/** A statement to be written. */
export interface StatementContent {
  readonly subject: readonly { readonly name: string; readonly digest: Readonly<Record<string, string>> }[];
  readonly predicateType: string;
  readonly predicate: unknown;
}

/** Reads the payload of an envelope, which is to be verified before. Throws `PROVENANCE_STATEMENT`. */
export function parseStatement(payload: Uint8Array): Statement {
  let json: JsonValue;
  try {
    json = parseStrictJson(payload, { what: 'the statement', maxBytes: MAX_SIGNATURE_BYTES });
  } catch (cause) {
    if (!isMirustError(cause)) throw cause;
    throw provenanceError('PROVENANCE_STATEMENT', cause.message, { cause });
  }
  const read = fieldReader('PROVENANCE_STATEMENT', 'the statement');
  const statement = read.object(json, '');
  const type = read.string(statement.get('_type'), '_type');
  if (type !== STATEMENT_TYPE) throw read.failure('_type', `is ${sanitizeText(type)}, not ${STATEMENT_TYPE},`);
  const predicateType = read.string(statement.get('predicateType'), 'predicateType');
  const predicate = statement.get('predicate');
  const names = new Set<string>();
  const subject = read.array(statement.get('subject'), 'subject', MAX_SUBJECTS).map((value, index) => {
    const entry = readSubject(read, value, `subject[${index}]`);
    if (names.has(entry.name)) throw read.failure(`subject[${index}]`, 'has a name that was there before');
    names.add(entry.name);
    return entry;
  });
  if (subject.length === 0) throw read.failure('subject', 'is empty');
  return { subject, predicateType, ...(predicate === undefined ? {} : { predicate }) };
}

function readSubject(read: FieldReader, value: JsonValue, path: string): StatementSubject {
  const entry = read.object(value, path);
  const name = entry.get('name');
  const digests = read.object(entry.get('digest'), `${path}.digest`);
  if (digests.size === 0 || digests.size > MAX_DIGESTS) throw read.failure(`${path}.digest`, 'has no or many entries');
  const digest = new Map(
    [...digests].map(([algorithm, text]) => [algorithm, read.string(text, `${path}.digest.${algorithm}`)]),
  );
  return { name: name === undefined ? '' : read.string(name, `${path}.name`), digest };
}

/** The payload of a statement, in canonical form. */
export function writeStatement({ subject, predicateType, predicate }: StatementContent): Uint8Array {
  return new TextEncoder().encode(canonicalJson({ _type: STATEMENT_TYPE, subject, predicateType, predicate }));
}
