/** Where the tests find files that are not of this package. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { memorySource } from '@mirust/core';
import { type GgufMetadata, readGguf } from '@mirust/gguf';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The folder of third-party conformance data, which is not part of the repository. */
export const ASSETS: string = process.env.MIRUST_ASSETS ?? `${ROOT}../shared/assets`;

/** Whether the third-party data is there; says so once where it is not. */
export const hasAssets: boolean = existsSync(ASSETS);
if (!hasAssets) console.warn(`no conformance data at ${ASSETS} (set MIRUST_ASSETS): tests that need it are skipped`);

export function assetBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(`${ASSETS}/${path}`));
}

export function assetText(path: string): string {
  return readFileSync(`${ASSETS}/${path}`, 'utf8');
}

export async function assetMetadata(path: string): Promise<GgufMetadata> {
  return (await readGguf(memorySource(assetBytes(path)))).metadata;
}

/** A file under `fixtures/`. */
export function fixtureBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(`${ROOT}fixtures/${path}`));
}

export function fixtureText(path: string): string {
  return readFileSync(`${ROOT}fixtures/${path}`, 'utf8');
}
