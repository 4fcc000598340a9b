/** The work of mirust-admit keygen. */
import { lstatSync } from 'node:fs';
import { type ArgumentsOf, type CommandContext, UsageError, writeJson, writeStdout } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';
import { writeFileAtomic } from '@mirust/core/node';
import { makeKeyPair } from '@mirust/provenance/node';
import type { KEYGEN } from './arguments.ts';

/** Read and written by its owner alone. */
const SECRET_MODE = 0o600;

/** `mirust-admit keygen [--out NAME] [--algorithm A] [--force] [--json]` */
export async function makeKeys(
  { out = 'mirust', algorithm = 'ed25519', force, json }: ArgumentsOf<typeof KEYGEN.positionals, typeof KEYGEN.options>,
  { signal }: CommandContext,
): Promise<void> {
  const name = out.replace(/\.pem$/, '');
  const paths = { privateKey: `${name}.pem`, publicKey: `${name}.pub.pem` };
  const taken = Object.values(paths).find(exists);
  if (taken !== undefined && !force) {
    throw new UsageError(
      `${sanitizeText(taken)} exists; --force overwrites it, and what it signed cannot be signed again`,
    );
  }
  const { privateKey, publicKey, keyId } = await makeKeyPair(algorithm);
  const encoder = new TextEncoder();
  await writeFileAtomic(paths.privateKey, encoder.encode(privateKey), { signal, mode: SECRET_MODE });
  await writeFileAtomic(paths.publicKey, encoder.encode(publicKey), { signal });
  if (json) await writeJson({ algorithm, keyId, ...paths });
  else {
    const [secret, open] = [sanitizeText(paths.privateKey), sanitizeText(paths.publicKey)];
    await writeStdout(`${algorithm} key ${keyId}\n  ${secret}  private: keep it secret\n  ${open}  public\n`);
  }
}

/** Also a link that leads nowhere: writing would make the file that it names. */
function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
