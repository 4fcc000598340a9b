/** Files to admit, and what holds for every report. */
import { type FileSet, fileSetOf } from '@mirust/checkpoint';
import { memorySource } from '@mirust/core';
import { validateAdmissionReport } from '@mirust/schemas';
import { expect } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { type TestFiles, type WatchedFiles, watchedFiles } from '../../checkpoint/test/_support.ts';
import { type AdmissionFinding, type AdmissionReport, admit, RULE_IDS } from '../src/index.ts';

/** Longest string that a report may hold: a path is the longest, and each character may become an escape of ten. */
const MAX_REPORT_STRING = 4096 * 10 + 40;

/** Admits and checks what holds for every report: the schema, safe and bounded strings, all files given back. */
export async function admitFiles(files: TestFiles, primary?: string): Promise<AdmissionReport> {
  const watched: WatchedFiles = watchedFiles(files, primary);
  const report = await admit(watched);
  expect(watched.openCount()).toBe(0);
  checkReport(report);
  return report;
}

/** Admits one artifact. */
export function admitBytes(bytes: Uint8Array, name = 'a.slm'): Promise<AdmissionReport> {
  return admitFiles({ [name]: bytes }, name);
}

/** Admits any file set. */
export async function admitSet(files: FileSet): Promise<AdmissionReport> {
  const report = await admit(files);
  checkReport(report);
  return report;
}

/** What holds for every report. */
function checkReport(report: AdmissionReport): void {
  expect(validateAdmissionReport(report)).toMatchObject({ ok: true });
  for (const text of stringsOf(report)) {
    expect(text.length).toBeLessThanOrEqual(MAX_REPORT_STRING);
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  }
  for (const { id, rule } of report.findings) expect(id).toBe(RULE_IDS[rule] ?? `no identity: ${rule}`);
  const errors = report.findings.filter(({ severity }) => severity !== 'warning');
  expect(report.verdict === 'admitted').toBe(errors.length === 0);
  expect((report.checks ?? []).some(({ outcome }) => outcome === 'failed')).toBe(errors.length > 0);
  expect((report.checks ?? []).map(({ name }) => name)).toEqual([
    'structure',
    'integrity',
    'contract',
    'tokenizer',
    'template',
    'weights',
  ]);
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(stringsOf);
}

/** `class rule` of every finding that is no warning. */
export function problems(report: AdmissionReport): string[] {
  return report.findings.filter(({ severity }) => severity !== 'warning').map(shown);
}

/** `class rule` of every warning. */
export function warnings(report: AdmissionReport): string[] {
  return report.findings.filter(({ severity }) => severity === 'warning').map(shown);
}

function shown({ class: errorClass, rule }: AdmissionFinding): string {
  return `${errorClass} ${rule}`;
}

/** Outcomes of the checks, but for the template, which few files bring. */
export function outcomes(report: AdmissionReport): string[] {
  return (report.checks ?? []).filter(({ name }) => name !== 'template').map(({ outcome }) => outcome);
}

/** A file set over bytes in memory. */
export function memoryFiles(files: TestFiles, primary?: string): FileSet {
  return fileSetOf(new Map(Object.entries(files).map(([name, bytes]) => [name, memorySource(bytes, name)])), primary);
}

/** A copy with one bit of a byte changed. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
