/** Third-party files, which are not in the repository. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root: string = process.env.MIRUST_ASSETS ?? fileURLToPath(new URL('../../../../shared/assets', import.meta.url));

/** Whether they are there: tests that need them skip, saying so, where not. */
export const HAS_ASSETS: boolean = existsSync(root);

/** Path of an asset. */
export function assetPath(name: string): string {
  return `${root}/${name}`;
}
