/** The work of mirust-admit sign. */
import type { ReportTool } from '@mirust/admission';
import { openPath } from '@mirust/checkpoint/node';
import { type ArgumentsOf, type CommandContext, UsageError, writeJson, writeStdout } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';
import { writeFileAtomic } from '@mirust/core/node';
import { describeArtifact, digestArtifact, QUANTIZATION_PREDICATE, signStatement } from '@mirust/provenance';
import { readSigner } from '@mirust/provenance/node';
import type { SIGN } from './arguments.ts';
import { signaturePathOf } from './signature-path.ts';
import { readSmallText } from './small-file.ts';
import { withDigester } from './with-digester.ts';

/** `mirust-admit sign FILE --key K.pem [--out F.sig]`: an SLM2 is verified before it is vouched for. */
export async function signModel(
  { file, key, out, threads, json }: ArgumentsOf<typeof SIGN.positionals, typeof SIGN.options>,
  { signal }: CommandContext,
  tool: ReportTool,
): Promise<void> {
  if (key.length === 0) throw new UsageError('--key is missing');
  // A key that does not work is found before an hour of hashing.
  const signers = await Promise.all(key.map(async (path) => readSigner(await readSmallText(path))));
  const files = await openPath(file);
  const signedBy = { name: tool.name, version: tool.version };
  const predicate = await describeArtifact(files, signedBy, { signal });
  const subject = await withDigester(file, { title: 'hashing', threads, signal }, (options) =>
    digestArtifact(files, options),
  );
  if (subject.length === 0) throw new RangeError(`${sanitizeText(file)} has no files to sign`);
  const statement = { subject, predicateType: QUANTIZATION_PREDICATE, predicate };
  const path = out ?? signaturePathOf(file);
  await writeFileAtomic(path, signStatement(statement, signers), { signal });
  if (json) return void (await writeJson(statement));
  const by = signers.map(({ publicKey }) => `  by key ${publicKey.keyId}\n`).join('');
  const digests = subject.flatMap(({ name, digest }) =>
    Object.entries(digest).map(([algorithm, value]) => `  ${sanitizeText(name)}  ${algorithm} ${value}\n`),
  );
  await writeStdout(`signed  ${sanitizeText(file, 300)}\n${by}${digests.join('')}  ${sanitizeText(path, 300)}\n`);
}
