/** The corpus of hostile files: the committed bytes are those of its generator, and the gate says of each what it must. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AdmissionFinding, admit, findRule, RULE_IDS } from '@mirust/admission';
import { openPath } from '@mirust/checkpoint/node';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore the corpus is no package: anybody may use its files
import {
  CASES,
  coverageTable,
  FORMATS,
  type ManifestEntry,
  manifestOf,
  placeOf,
  ROWS,
} from '../fixtures/hostile/corpus.mjs';

const folder = fileURLToPath(new URL('../fixtures/hostile/', import.meta.url));
const manifest: { readonly cases: readonly ManifestEntry[] } = JSON.parse(
  readFileSync(join(folder, 'cases.json'), 'utf8'),
);

describe('the committed corpus is that of its generator', () => {
  it('cases.json', () => {
    expect(manifest).toEqual({ version: 1, cases: manifestOf(CASES, RULE_IDS) });
  });

  it('every file, and no other', () => {
    const made = new Map<string, Uint8Array>();
    for (const one of CASES) {
      for (const [name, content] of Object.entries(one.files)) made.set(join(placeOf(one).folder, name), content);
    }
    expect(made.size).toBe(CASES.reduce((sum, { files }) => sum + Object.keys(files).length, 0));
    const entries = readdirSync(join(folder, 'files'), { recursive: true, withFileTypes: true });
    const committed = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(committed.sort()).toEqual([...made.keys()].map((path) => join(folder, 'files', path)).sort());
    const changed = [...made].filter(([path, content]) => !readFileSync(join(folder, 'files', path)).equals(content));
    expect(changed.map(([path]) => path)).toEqual([]);
  });

  it('the table of rows and formats in README.md', () => {
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(coverageTable(CASES));
    expect(CASES.filter(({ row }) => !Object.hasOwn(ROWS, row))).toEqual([]);
    expect([...new Set(CASES.map(({ format }) => format))].sort()).toEqual([...FORMATS].sort());
  });
});

describe('what is expected makes sense', () => {
  it('rules exist, with their class, and what is admitted has warnings at most', () => {
    for (const { name, verdict, findings } of manifest.cases) {
      const rules = findings.map(({ id }) => findRule(id) ?? expect.fail(`${name}: no rule ${id}`));
      expect(rules.map(({ code, class: kind }) => [code, kind])).toEqual(
        findings.map(({ rule, class: kind }) => [rule, kind]),
      );
      const isBad = rules.some(({ severity }) => severity !== 'warning');
      expect([name, isBad]).toEqual([name, verdict === 'rejected']);
    }
  });

  it('sound containers are never called damaged', () => {
    const sound = manifest.cases.filter(({ row }) => row === 'sound');
    expect(sound.length).toBeGreaterThan(20);
    expect(sound.flatMap(({ findings }) => findings.map((finding) => finding.class))).not.toContain('structure');
  });
});

/** Identity, code, class and, where the case is about one, offset. */
function shown(
  findings: readonly (AdmissionFinding | ManifestEntry['findings'][number])[],
  offsets: boolean,
): string[] {
  const texts = findings.map((one) => `${one.id} ${one.rule} ${one.class}${offsets ? ` @${one.offset}` : ''}`);
  return [...new Set(texts)].sort();
}

describe.each(FORMATS)('%s', (format) => {
  const cases = manifest.cases.filter((one) => one.format === format);
  it.each(cases)('$name: $what', async ({ path, verdict, findings }) => {
    const report = await admit(await openPath(join(folder, 'files', path)));
    if (verdict === 'open') {
      expect(report.findings.filter((finding) => finding.class !== 'template')).toEqual([]);
      return;
    }
    expect(report.verdict).toBe(verdict);
    expect(shown(report.findings, false)).toEqual(shown(findings, false));
    const placed = findings.filter(({ offset }) => offset !== undefined);
    expect(shown(report.findings, true)).toEqual(expect.arrayContaining(shown(placed, true)));
    for (const { message } of report.findings) expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
