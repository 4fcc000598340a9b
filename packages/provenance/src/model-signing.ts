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
import type { ByteSource } from '@mirust/core';
import { createSha256, forEachPiece, type HashOptions, sha256Source, toHex } from '@mirust/integrity';
import { parseModelSigning, type Resource } from './_model-signing-predicate.ts';
import { type ArtifactFile, compare, fileError } from './artifact.ts';
import type { FileTree } from './file-tree.ts';
import type { Statement } from './statement.ts';

/** Its type. */
export const MODEL_SIGNING_PREDICATE = 'https://model_signing/signature/v1.0';

/** What the reference implementation ignores unless it is told otherwise. */
const GIT_PATHS = ['.git', '.gitattributes', '.github', '.gitignore'] as const;

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
  // Cheap, so it comes before the first byte is read. Of shards an empty file has none.
  for (const path of shardBytes === undefined ? paths : []) {
    if (!byPath.has(path)) throw fileError('PROVENANCE_FILE_UNSIGNED', path, 'is not among what is signed');
  }
  const checked: ArtifactFile[] = [];
  for (const path of paths) {
    const source = await tree.open(path);
    try {
      const parts = byPath.get(path) ?? [];
      const isWhole = shardBytes === undefined;
      checked.push(
        await (isWhole ? checkWhole(source, parts, hash) : checkShards(path, source, parts, shardBytes, hash)),
      );
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

async function checkWhole(source: ByteSource, parts: readonly Resource[], options: HashOptions): Promise<ArtifactFile> {
  const sha256 = toHex(await sha256Source(source, options));
  const [{ path, digest }] = parts as readonly [Resource];
  compare(path, 'sha256', digest, sha256);
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
