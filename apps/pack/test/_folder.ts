/** A folder of its own for every test. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

/** A folder and what lies in it. */
export interface TestFolder {
  readonly path: string;
  file(name: string): string;
  names(): string[];
}

/** Makes a folder that is removed when the test ends, whose context this is. */
export function testFolder({ onTestFinished }: TestContext): TestFolder {
  const path = mkdtempSync(join(tmpdir(), 'mirust-pack-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return { path, file: (name) => join(path, name), names: () => readdirSync(path).sort() };
}
