/** mirust-admit as its users run it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdmissionReport } from '@mirust/admission';
import { assetPath, ROOT, runApp } from '@mirust/cli/testing';
import { validateAdmissionReport } from '@mirust/schemas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');
const folder = mkdtempSync(join(tmpdir(), 'mirust-admit-'));
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  expect(await runApp('pack', [STORY, at('story.slm'), '--quant', 'q8'])).toMatchObject({ status: 0 });
  expect(await runApp('pack', [STORY, at('story.slm1'), '--quant', 'q8'])).toMatchObject({ status: 0 });
  for (const name of ['story.slm', 'story.slm1']) {
    const bytes = readFileSync(at(name));
    writeFileSync(at(`cut-${name}`), bytes.subarray(0, bytes.length - 1));
    // The middle of a file is weights.
    bytes.writeUInt8(bytes.readUInt8(bytes.length / 2) ^ 1, bytes.length / 2);
    writeFileSync(at(`flipped-${name}`), bytes);
  }
  cpSync(STORY, at('no-tokenizer'), { recursive: true });
  rmSync(at('no-tokenizer/tokenizer.json'));
  cpSync(STORY, at('wrong-shape'), { recursive: true });
  const config = JSON.parse(readFileSync(at('wrong-shape/config.json'), 'utf8'));
  writeFileSync(at('wrong-shape/config.json'), JSON.stringify({ ...config, intermediate_size: 353 }));
  cpSync(STORY, at('hostile-template'), { recursive: true });
  writeFileSync(at('hostile-template/chat_template.jinja'), '{{ range(1000000000) }}');
  writeFileSync(at('pytorch_model.bin'), Uint8Array.of(0x80, 2, 0x7d, 0x71, 0, 0x2e));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reports as the schema has them; their validity is the test. */
async function admit(...files: string[]): Promise<{ status: number | null; document: unknown }> {
  const { status, stdout, stderr } = await runApp('admit', [...files, '--json']);
  expect(stderr).toBe('');
  return { status, document: JSON.parse(stdout) };
}

function checked(document: unknown): AdmissionReport {
  const result = validateAdmissionReport(document);
  if (!result.ok) throw new Error(`${result.errors[0]?.path} ${result.errors[0]?.message}`);
  return result.value;
}

describe.concurrent('one file', () => {
  it.each([
    ['story.slm', 'slm2'],
    ['story.slm1', 'slm1'],
  ])('%s is admitted', async (name, format) => {
    const { status, document } = await admit(at(name));
    expect(status).toBe(0);
    const report = checked(document);
    expect(report).toMatchObject({ verdict: 'admitted', findings: [], artifact: { format } });
    expect(report.artifact.rootDigest === undefined).toBe(format === 'slm1');
    expect(report.checks?.map(({ outcome }) => outcome)).toEqual([...Array(4).fill('passed'), 'skipped', 'passed']);
  });

  it.each<[string, number, string, string]>([
    ['cut-story.slm', 10, 'rejected', 'structure'],
    ['cut-story.slm1', 10, 'rejected', 'structure'],
    ['flipped-story.slm', 11, 'rejected', 'integrity'],
    ['flipped-story.slm1', 11, 'rejected', 'integrity'],
    ['wrong-shape', 12, 'rejected', 'contract'],
    ['no-tokenizer', 13, 'rejected', 'tokenizer'],
    ['pytorch_model.bin', 14, 'rejected', 'unsupported'],
    ['hostile-template', 18, 'rejected', 'template'],
    ['absent.slm', 16, 'undetermined', 'io'],
  ])('%s exits with %i: %s, %s', async (name, expected, verdict, kind) => {
    const { status, document } = await admit(at(name));
    const report = checked(document);
    expect(status).toBe(expected);
    expect(report.verdict).toBe(verdict);
    expect(report.findings.find(({ severity }) => severity !== 'warning')?.class).toBe(kind);
    for (const { rule, message } of report.findings) {
      expect(rule).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(message.length).toBeGreaterThan(0);
    }
  });

  it('is reported to a person without colours in a pipe, and without a second report on stderr', async () => {
    const { status, stdout, stderr } = await runApp('admit', [at('flipped-story.slm')]);
    expect({ status, stderr }).toEqual({ status: 11, stderr: '' });
    expect(stdout).toMatch(/^rejected {2}\S+flipped-story\.slm {2}\(slm2, llama, 869,504 parameters\)\n/);
    expect(stdout).toMatch(/\n {2}error MR-I\d{3} [A-Z0-9_]+ \[integrity\]: .+\(at byte \d+\)\n {4}\S.+\n$/);
    expect(stdout).not.toContain('\u001b');
  });

  it('is rejected also where nobody reads the report', async () => {
    const result = await runApp('admit', [at('flipped-story.slm')], { onSpawn: (child) => child.stdout?.destroy() });
    expect(result).toMatchObject({ status: 11, stderr: '' });
  });
});

describe.concurrent('several files', () => {
  it('are all looked at, and one document has all reports', async () => {
    const files = ['story.slm', 'absent.slm', 'flipped-story.slm1', 'story.slm1'].map(at);
    const { status, document } = await admit(...files);
    expect(status).toBe(11);
    const { verdict, reports } = document as { verdict: string; reports: unknown[] };
    expect(verdict).toBe('rejected');
    expect(reports.map((report) => checked(report).verdict)).toEqual([
      'admitted',
      'undetermined',
      'rejected',
      'admitted',
    ]);
    expect(reports.map((report) => checked(report).file)).toEqual(files);
    const text = await runApp('admit', files);
    expect(text.status).toBe(11);
    expect(text.stdout).toMatch(/\n4 files: 2 admitted, 1 rejected, 1 undetermined\n$/);
  });

  it('exit with 0 only when all are admitted', async () => {
    expect(await admit(at('story.slm'), at('story.slm1'))).toMatchObject({
      status: 0,
      document: { verdict: 'admitted' },
    });
    expect(await admit(at('story.slm'), at('absent.slm'))).toMatchObject({
      status: 16,
      document: { verdict: 'undetermined' },
    });
  });
});

describe.skipIf(assetPath('hostile') === undefined)('third-party hostile files', () => {
  it('are refused in one go, with valid reports', async () => {
    const gguf = ['evil_ndims.gguf', 'evil_overflow.gguf'].map((name) => assetPath('hostile', 'gguf-py', name) ?? '');
    const { status, document } = await admit(...gguf);
    expect(status).toBe(10);
    for (const report of (document as { reports: unknown[] }).reports) {
      expect(checked(report)).toMatchObject({ verdict: 'rejected', findings: [{ class: 'structure' }] });
    }
  });
});
