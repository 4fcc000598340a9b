/** A folder of its own for every test. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes a folder that is removed when the running test ends. */
export function testFolder(): { readonly path: string; file(name: string): string; names(): string[] } {
  const path = mkdtempSync(join(tmpdir(), 'mirust-pack-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return { path, file: (name) => join(path, name), names: () => readdirSync(path).sort() };
}
