/**
 * The predicate of OpenSSF Model Signing, version 1.0 (`Payload` in `model_signing/_signing/signing.py`): every file of a
 * model, or every shard of every file, with its digest.
 *
 * ```
 * subject    one: the name of the model; sha256 of all digests of the resources, as bytes, in their order
 * predicate  {"serialization": {"method": "files" | "shards", "hash_type": "sha256", "allow_symlinks": boolean,
 *                               "ignore_paths": [path, …], "shard_size": bytes},
 *             "resources": [{"name": path, "algorithm": "sha256", "digest": hexadecimal}
 *                         | {"name": "path:start:end", "algorithm": "sha256-sharded-<shard_size>", …}, …]}
 * ```
 *
 * Names of resources are paths with slashes from the model's folder on; a model of one file has the name ".". Shards are
 * of `shard_size` bytes, the last one shorter, and an empty file has none. Ignored are the paths that the statement
 * ignores, with all that is below them, and Git's own; and the signature itself, which nobody can sign.
 */
import type { ByteSource, JsonValue } from '@mirust/core';
import { createSha256, forEachPiece, fromHex, type HashOptions, sha256Source, toHex } from '@mirust/integrity';
import { fieldReader } from './_fields.ts';
import { type ArtifactFile, compare, fileError } from './artifact.ts';
import { provenanceError } from './errors.ts';
import type { FileTree } from './file-tree.ts';
import { MAX_SUBJECTS, type Statement } from './statement.ts';

/** Its type. */
export const MODEL_SIGNING_PREDICATE = 'https://model_signing/signature/v1.0';

/** What the reference implementation ignores unless it is told otherwise. */
const GIT_PATHS = ['.git', '.gitattributes', '.github', '.gitignore'] as const;

/** Shards of all files: a model of a terabyte has 1,000 of the default size. */
const MAX_RESOURCES = MAX_SUBJECTS;

/** A resource: a file, or some bytes of it. */
interface Resource {
  readonly path: string;
  /** Undefined for all of the file. */
  readonly range?: { readonly start: number; readonly end: number };
  readonly digest: string;
}

interface ModelSigning {
  readonly followsLinks: boolean;
  readonly ignored: readonly string[];
  /** Undefined: files are not cut. */
  readonly shardBytes: number | undefined;
  readonly resources: readonly Resource[];
}

/**
 * Checks that the files of a tree are those of a statement, no more and no fewer. Throws `PROVENANCE_PREDICATE` for a
 * statement that contradicts itself, `PROVENANCE_DIGEST_ALGORITHM` for a hash other than SHA-256, `PROVENANCE_LINK`,
 * `PROVENANCE_FILE_UNSIGNED`, `PROVENANCE_FILE_MISSING`, `PROVENANCE_SUBJECT`, and what reading throws. `signaturePath`
 * is that of the signature where it lies in the tree.
 */
export async function checkModelSigning(
  statement: Statement,
  tree: FileTree,
  options: HashOptions & { readonly signaturePath?: string | undefined } = {},
): Promise<ArtifactFile[]> {
  const { signaturePath, ...hash } = options;
  const { followsLinks, ignored, shardBytes, resources } = parseModelSigning(statement);
  const isIgnored = ignoring([...ignored, ...GIT_PATHS, ...(signaturePath === undefined ? [] : [signaturePath])]);
  const { signal } = hash;
  const entries = await tree.list(isIgnored, signal === undefined ? {} : { signal });
  for (const { path, isLink } of entries) {
    if (isLink && !followsLinks) throw fileError('PROVENANCE_LINK', path, 'is a symbolic link');
  }
  const byPath = new Map<string, Resource[]>();
  for (const resource of resources) {
    const parts = byPath.get(resource.path);
    if (parts === undefined) byPath.set(resource.path, [resource]);
    else parts.push(resource);
  }
  const paths = new Set(entries.map(({ path }) => path));
  for (const path of byPath.keys()) {
    if (!paths.has(path)) throw fileError('PROVENANCE_FILE_MISSING', path, 'is signed and not there');
  }
  const checked: ArtifactFile[] = [];
  for (const path of paths) {
    const source = await tree.open(path);
    try {
      const parts = byPath.get(path) ?? [];
      if (shardBytes === undefined) checked.push(await checkWhole(path, source, parts, hash));
      else checked.push(await checkShards(path, source, parts, shardBytes, hash));
    } finally {
      await source.close();
    }
  }
  return checked;
}

/** Whether a path is one of some paths, or below one. As long as the path takes, however many they are. */
function ignoring(paths: readonly string[]): (path: string) => boolean {
  const starts = new Set(paths);
  return (path) => {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      if (starts.has(path.slice(0, end))) return true;
    }
    return starts.has(path);
  };
}

async function checkWhole(
  path: string,
  source: ByteSource,
  [part]: readonly Resource[],
  options: HashOptions,
): Promise<ArtifactFile> {
  if (part === undefined) throw fileError('PROVENANCE_FILE_UNSIGNED', path, 'is not among what is signed');
  const sha256 = toHex(await sha256Source(source, options));
  compare(path, 'sha256', part.digest, sha256);
  return { name: path, digest: { sha256 } };
}

async function checkShards(
  path: string,
  source: ByteSource,
  parts: readonly Resource[],
  shardBytes: number,
  { signal }: HashOptions,
): Promise<ArtifactFile> {
  const byStart = new Map(parts.map((part) => [part.range?.start, part]));
  for (let start = 0; start < source.byteLength; start += shardBytes) {
    const end = Math.min(start + shardBytes, source.byteLength);
    const part = byStart.get(start);
    if (part?.range?.end !== end) {
      throw fileError(
        'PROVENANCE_FILE_UNSIGNED',
        path,
        `has bytes ${start} to ${end}, which are not among what is signed`,
      );
    }
    byStart.delete(start);
    const hash = createSha256();
    const range = { offset: start, byteLength: end - start };
    await forEachPiece(source, range, (bytes) => hash.update(bytes), signal === undefined ? {} : { signal });
    compare(`${path}:${start}:${end}`, 'sha256', part.digest, toHex(hash.digest()));
  }
  if (byStart.size > 0) throw fileError('PROVENANCE_FILE_MISSING', path, 'is shorter than what is signed');
  return { name: path, digest: {} };
}

function parseModelSigning({ subject, predicate }: Statement): ModelSigning {
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

function resourceName(
  name: string,
  method: 'files' | 'shards',
  read: ReturnType<typeof fieldReader>,
): Omit<Resource, 'digest'> {
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
function checkRootDigest(
  subject: Statement['subject'],
  resources: readonly Resource[],
  read: ReturnType<typeof fieldReader>,
): void {
  const [only] = subject;
  if (only === undefined || subject.length !== 1)
    throw read.failure('subject', `has ${subject.length} entries, not one,`);
  const hash = createSha256();
  for (const { digest } of resources) hash.update(fromHex(digest));
  if (toHex(hash.digest()) !== only.digest.get('sha256')) {
    throw read.failure('subject', 'does not have the digest of its resources');
  }
}
