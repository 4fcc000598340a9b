/**
 * Artifacts by their digests, and whether they are those of a statement.
 *
 * - A file has the SHA-256 of its bytes; an SLM2 has its root digest too, by the name `mirustRoot`: the digest that its
 *   header states, which is computed anew, and every piece that hangs on it is verified.
 * - A directory is its files: the ones that a reader of checkpoints can open, which are those in no folder of it. Names
 *   that begin with a point and signatures (`.sig`) are left out: no reader opens them.
 */
import type { FileSet } from '@mirust/checkpoint';
import { type ByteSource, sanitizeText } from '@mirust/core';
import { type HashOptions, sha256Source, toHex } from '@mirust/integrity';
import { identifySlm, readSlm2, verifySlm2Data } from '@mirust/slm';
import { provenanceError } from './errors.ts';
import type { Statement, StatementSubject } from './statement.ts';

/** The digest of an SLM2 in a statement. */
export const ROOT_DIGEST = 'mirustRoot';

/** A file as a statement names it: its digests, hexadecimal. */
export interface ArtifactFile {
  readonly name: string;
  readonly digest: { readonly sha256?: string; readonly [ROOT_DIGEST]?: string };
}

/** Names of the files that a signature of an artifact covers. */
export function signedNames(files: FileSet): readonly string[] {
  if (files.primary !== undefined) return [files.primary];
  return files.names.filter((name) => !name.startsWith('.') && !name.endsWith('.sig'));
}

/** All digests of an artifact, to be signed. An SLM2 is verified whole. Throws what reading throws. */
export async function digestArtifact(files: FileSet, options: HashOptions = {}): Promise<ArtifactFile[]> {
  const found: ArtifactFile[] = [];
  for (const name of signedNames(files)) {
    found.push(
      await withFile(files, name, async (source) => {
        const root = await rootDigest(source, options);
        const sha256 = toHex(await sha256Source(source, options));
        return { name, digest: { ...(root === undefined ? {} : { [ROOT_DIGEST]: root }), sha256 } };
      }),
    );
  }
  return found;
}

/**
 * Checks that an artifact is the one of a statement: every file of it is a subject with the same digests, and every
 * subject is there. A file on its own may have another name than the only subject; files of several are told apart by
 * their names. All digests that are known must be right, where in-toto would take one, and one must be known.
 *
 * Throws `PROVENANCE_SUBJECT`, `PROVENANCE_FILE_UNSIGNED`, `PROVENANCE_FILE_MISSING`, `PROVENANCE_DIGEST_ALGORITHM`, and
 * what reading and verifying an SLM2 throw. Gives the files with the digests that were computed.
 */
export async function checkArtifact(
  { subject }: Statement,
  files: FileSet,
  options: HashOptions = {},
): Promise<ArtifactFile[]> {
  const names = signedNames(files);
  const subjects = new Map(subject.map((entry) => [entry.name, entry]));
  const [only] = subject;
  if (files.primary === undefined) {
    const present = new Set(names);
    const missing = [...subjects.keys()].find((name) => !present.has(name));
    if (missing !== undefined) throw fileError('PROVENANCE_FILE_MISSING', missing, 'is signed and not there');
  } else if (only !== undefined && subject.length === 1) subjects.set(files.primary, only);
  // Cheap, so all of it comes before the first byte is read.
  for (const name of names) {
    const entry = subjects.get(name);
    if (entry === undefined) throw fileError('PROVENANCE_FILE_UNSIGNED', name, 'is not among what is signed');
    if (!entry.digest.has('sha256') && !entry.digest.has(ROOT_DIGEST)) {
      throw fileError('PROVENANCE_DIGEST_ALGORITHM', name, 'has no digest by SHA-256');
    }
  }
  const checked: ArtifactFile[] = [];
  for (const name of names) {
    const entry = subjects.get(name);
    if (entry !== undefined)
      checked.push(await withFile(files, name, (source) => checkFile(name, source, entry, options)));
  }
  return checked;
}

async function checkFile(
  name: string,
  source: ByteSource,
  { digest }: StatementSubject,
  options: HashOptions,
): Promise<ArtifactFile> {
  const root = digest.get(ROOT_DIGEST);
  const sha256 = digest.get('sha256');
  if (root !== undefined) await rootDigest(source, options, (actual) => compare(name, ROOT_DIGEST, root, actual));
  if (sha256 !== undefined) compare(name, 'sha256', sha256, toHex(await sha256Source(source, options)));
  return {
    name,
    digest: { ...(root === undefined ? {} : { [ROOT_DIGEST]: root }), ...(sha256 === undefined ? {} : { sha256 }) },
  };
}

/**
 * The root digest of a file, all of which is verified; undefined for what is no SLM2. `compareTo` sees it as soon as the
 * header vouches for it: an artifact that was exchanged is not read to its end.
 */
async function rootDigest(
  source: ByteSource,
  options: HashOptions,
  compareTo: (actual: string | undefined) => void = () => {},
): Promise<string | undefined> {
  const { signal } = options;
  const read = signal === undefined ? {} : { signal };
  if ((await identifySlm(source, read)) !== 'slm2') {
    compareTo(undefined);
    return undefined;
  }
  const file = await readSlm2(source, read);
  compareTo(file.rootDigest);
  await verifySlm2Data(source, file, options);
  return file.rootDigest;
}

/** Throws `PROVENANCE_SUBJECT` unless a digest is the signed one. */
export function compare(name: string, algorithm: string, expected: string, actual: string | undefined): void {
  if (actual === expected) return;
  const file = sanitizeText(name);
  const shown = sanitizeText(expected);
  const message = `the ${algorithm} of ${file} is ${actual ?? 'none'}, and ${shown} is signed`;
  throw provenanceError('PROVENANCE_SUBJECT', message, { file, expected: shown, actual: actual ?? 'none' });
}

/** An error about one file. The name is text of a file. */
export function fileError(
  code: 'PROVENANCE_FILE_MISSING' | 'PROVENANCE_FILE_UNSIGNED' | 'PROVENANCE_DIGEST_ALGORITHM' | 'PROVENANCE_LINK',
  name: string,
  problem: string,
): Error {
  const file = sanitizeText(name) || 'a file without a name';
  return provenanceError(code, `${file} ${problem}`, { file });
}

async function withFile<T>(files: FileSet, name: string, work: (source: ByteSource) => Promise<T>): Promise<T> {
  const source = await files.open(name);
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}
