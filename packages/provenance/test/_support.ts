/** What the tests of this package share. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMirustError } from '@mirust/core';
import { createSigner, type Signer } from '../src/index.ts';

/** Bundles that OpenSSF's model_signing wrote, with its keys and certificates. */
export const ORACLE: string = fileURLToPath(new URL('../../../fixtures/oracles/model-signing/', import.meta.url));

export const oracleBytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(ORACLE, name)));
export const oracleText = (name: string): string => readFileSync(join(ORACLE, name), 'utf8');

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The code that work fails with; `ok` where it does not. Anything but a MirustError is a mistake of ours. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'ok';
  } catch (error) {
    if (!isMirustError(error)) throw error;
    return error.code;
  }
}

/** Signers with fixed keys. */
export const signers: Promise<Readonly<Record<'ed25519' | 'p256' | 'other', Signer>>> = (async () => ({
  ed25519: await createSigner('ed25519', new Uint8Array(32).fill(1)),
  p256: await createSigner('p256', new Uint8Array(32).fill(2)),
  other: await createSigner('ed25519', new Uint8Array(32).fill(3)),
}))();
