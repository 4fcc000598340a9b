/** Reading the predicate of OpenSSF Model Signing; `model-signing.ts` describes it. */
import type { JsonValue } from '@mirust/core';
import { createSha256, fromHex, toHex } from '@mirust/integrity';
import { type FieldReader, fieldReader } from './_fields.ts';
import { provenanceError } from './errors.ts';
import { MAX_SUBJECTS, type Statement } from './statement.ts';

/** Shards of all files: a model of a terabyte has 1,000 of the default size. */
const MAX_RESOURCES = MAX_SUBJECTS;

/** A resource: a file, or some bytes of it. */
export interface Resource {
  readonly path: string;
  /** Undefined for all of the file. */
  readonly range?: { readonly start: number; readonly end: number };
  readonly digest: string;
}

/** The predicate, checked against the subject. */
export interface ModelSigning {
  readonly followsLinks: boolean;
  readonly ignored: readonly string[];
  /** Undefined: files are not cut. */
  readonly shardBytes: number | undefined;
  readonly resources: readonly Resource[];
}

/**
 * Reads the predicate of a statement. Throws `PROVENANCE_PREDICATE` for what contradicts itself, `PROVENANCE_TOO_LARGE`, and
 * `PROVENANCE_DIGEST_ALGORITHM` for a hash other than SHA-256.
 */
export function parseModelSigning({ subject, predicate }: Statement): ModelSigning {
  const read = fieldReader('PROVENANCE_PREDICATE', 'the statement');
  const fields = read.object(predicate, 'predicate');
  const serialization = read.object(fields.get('serialization'), 'serialization');
  const method = read.string(serialization.get('method'), 'serialization.method');
  if (method !== 'files' && method !== 'shards') throw read.failure('serialization.method', 'is unknown');
  const followsLinks = serialization.get('allow_symlinks');
  if (typeof followsLinks !== 'boolean') throw read.failure('serialization.allow_symlinks', 'is not a boolean');
  const hashType = read.string(serialization.get('hash_type'), 'serialization.hash_type');
  const shardBytes = method === 'shards' ? (serialization.get('shard_size') ?? null) : undefined;
  if (shardBytes !== undefined && !isCount(shardBytes, 1)) throw read.failure('serialization.shard_size', 'is no size');
  const expectedAlgorithm = shardBytes === undefined ? 'sha256' : `sha256-sharded-${shardBytes}`;
  const ignored = serialization.get('ignore_paths') ?? [];
  const resources = read.array(fields.get('resources'), 'resources', MAX_RESOURCES).map((value, index) => {
    const path = `resources[${index}]`;
    const entry = read.object(value, path);
    const algorithm = read.string(entry.get('algorithm'), `${path}.algorithm`);
    if (hashType !== 'sha256' || algorithm !== expectedAlgorithm) {
      throw provenanceError('PROVENANCE_DIGEST_ALGORITHM', `${path} has a digest that is not SHA-256`);
    }
    const digest = read.string(entry.get('digest'), `${path}.digest`);
    if (!/^[0-9a-f]{64}$/.test(digest)) throw read.failure(`${path}.digest`, 'is not a SHA-256');
    return { ...resourceName(read.string(entry.get('name'), `${path}.name`), method, read), digest };
  });
  const names = new Set(resources.map(({ path, range }) => `${path}:${range?.start ?? ''}`));
  if (names.size !== resources.length) throw read.failure('resources', 'names one twice');
  checkRootDigest(subject, resources, read);
  return {
    followsLinks,
    ignored: read.array(ignored, 'serialization.ignore_paths', MAX_SUBJECTS).map((value, index) => {
      const path = `serialization.ignore_paths[${index}]`;
      const text = read.string(value, path).replace(/^(\.\/)+|\/+$/g, '');
      // The whole model: such a statement would say nothing.
      if (text === '' || text === '.') throw read.failure(path, 'is the model itself');
      return text;
    }),
    shardBytes,
    resources,
  };
}

function resourceName(name: string, method: 'files' | 'shards', read: FieldReader): Omit<Resource, 'digest'> {
  if (method === 'files') return { path: name };
  const [, path, from, to] = /^([^:]+):(\d{1,16}):(\d{1,16})$/.exec(name) ?? [];
  const start = Number(from);
  const end = Number(to);
  if (path === undefined || !isCount(start, 0) || !isCount(end, start + 1))
    throw read.failure('resources', 'has a name that is no shard');
  return { path, range: { start, end } };
}

function isCount(value: JsonValue, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}

/** The subject is the digest of all digests. Throws `PROVENANCE_PREDICATE` where it is not. */
function checkRootDigest(subject: Statement['subject'], resources: readonly Resource[], read: FieldReader): void {
  const [only] = subject;
  if (only === undefined || subject.length !== 1)
    throw read.failure('subject', `has ${subject.length} entries, not one,`);
  const hash = createSha256();
  for (const { digest } of resources) hash.update(fromHex(digest));
  if (toHex(hash.digest()) !== only.digest.get('sha256')) {
    throw read.failure('subject', 'does not have the digest of its resources');
  }
}
