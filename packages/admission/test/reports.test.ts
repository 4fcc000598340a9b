/** Reports for other tools: every finding is there, and no text of a file becomes markup, a command or another element. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AdmissionFinding, AdmissionReport } from '@mirust/schemas';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { githubAnnotations, junitXml, markdownSummary, sarifLog } from '../src/index.ts';

const ORACLE = new URL('../../../fixtures/oracles/sarif', import.meta.url).pathname;

const TOOL = { name: 'mirust-admit', version: '1.2.3' };

const CHUNK: AdmissionFinding = {
  rule: 'CHUNK_DIGEST',
  id: 'MR-I006',
  class: 'integrity',
  severity: 'error',
  message: 'chunk 3 does not match its SHA-256',
  remedy: 'Fetch the file again.',
  offset: 4096,
  tensor: 'layers.0.wq.weight',
};
const PROBE: AdmissionFinding = { rule: 'PROBE', class: 'tokenizer', severity: 'warning', message: 'a probe is lost' };
const UNREAD: AdmissionFinding = {
  rule: 'SOURCE_READ',
  class: 'io',
  severity: 'undetermined',
  message: 'the disk failed',
};

const GOOD: AdmissionReport = {
  version: 1,
  file: 'models/good.slm',
  verdict: 'admitted',
  findings: [],
  artifact: { format: 'slm2', architecture: 'llama', parameters: 869_504 },
  checks: [
    { name: 'structure', outcome: 'passed' },
    { name: 'integrity', outcome: 'passed' },
  ],
};
const BAD: AdmissionReport = {
  ...GOOD,
  file: 'models/a b,c.slm',
  verdict: 'rejected',
  findings: [CHUNK, PROBE, CHUNK],
  checks: [
    { name: 'structure', outcome: 'passed' },
    { name: 'integrity', outcome: 'failed' },
    { name: 'weights', outcome: 'skipped' },
  ],
};
const UNOPENED: AdmissionReport = {
  version: 1,
  file: '/far/away.gguf',
  verdict: 'undetermined',
  findings: [UNREAD],
  artifact: { format: 'unknown' },
  checks: [],
};

/** Text as a report has it: anything that can be seen. */
const shown = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((text) => !/\p{C}|\p{Z}/u.test(text));
const anyReport = fc.record({ file: shown, message: shown, remedy: shown }).map(({ file, message, remedy }) => ({
  ...BAD,
  file,
  findings: [{ ...CHUNK, message, remedy }],
}));

describe('SARIF', () => {
  it('is the log that another validator found to follow the published schema', () => {
    const accepted: AdmissionReport = {
      ...GOOD,
      findings: [
        {
          ...PROBE,
          severity: 'suppressed',
          suppression: { reason: 'known', expires: '2027-01-31', severity: 'warning' },
        },
      ],
    };
    const log = `${JSON.stringify(sarifLog([GOOD, BAD, UNOPENED, accepted], TOOL), null, 2)}\n`;
    // After a change: write the log there, and run sarif_golden.py.
    expect(log).toBe(readFileSync(`${ORACLE}/log.sarif`, 'utf8'));
    const { logSha256, errors } = JSON.parse(readFileSync(`${ORACLE}/verdict.json`, 'utf8'));
    expect([createHash('sha256').update(log).digest('hex'), errors]).toEqual([logSha256, 0]);
  });

  it('has a rule once, and every finding', () => {
    const [run] = sarifLog([GOOD, BAD, UNOPENED], TOOL).runs;
    expect(run?.tool.driver).toEqual({
      name: 'mirust-admit',
      semanticVersion: '1.2.3',
      rules: [
        {
          id: 'MR-I006',
          name: 'CHUNK_DIGEST',
          properties: { class: 'integrity' },
          help: { text: 'Fetch the file again.' },
        },
        { id: 'PROBE', name: 'PROBE', properties: { class: 'tokenizer' } },
        { id: 'SOURCE_READ', name: 'SOURCE_READ', properties: { class: 'io' } },
      ],
    });
    expect(run?.results?.map(({ ruleId, ruleIndex, level }) => [ruleId, ruleIndex, level])).toEqual([
      ['MR-I006', 0, 'error'],
      ['PROBE', 1, 'warning'],
      ['MR-I006', 0, 'error'],
      ['SOURCE_READ', 2, 'error'],
    ]);
    expect(run?.results?.[0]?.locations).toEqual([
      {
        physicalLocation: { artifactLocation: { uri: 'models/a%20b%2Cc.slm' }, region: { byteOffset: 4096 } },
        logicalLocations: [{ name: 'layers.0.wq.weight', kind: 'tensor' }],
      },
    ]);
  });

  it.each([
    ['a.slm', 'a.slm'],
    ['/models/ä#?.slm', 'file:///models/%C3%A4%23%3F.slm'],
    ['C:\\models\\a.slm', 'file:///C:/models/a.slm'],
  ])('names %s by a URI', (file, uri) => {
    const [result] = sarifLog([{ ...BAD, file }], TOOL).runs[0]?.results ?? [];
    expect(result?.locations?.[0]?.physicalLocation?.artifactLocation?.uri).toBe(uri);
  });
});

describe('JUnit', () => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    isArray: (name) => name !== 'tests' && name.startsWith('test'),
  });

  it('has a suite for each file and a case for each check', () => {
    const document = parser.parse(junitXml([GOOD, BAD, UNOPENED], 'mirust-admit'));
    const [all] = document.testsuites;
    expect(all).toMatchObject({ name: 'mirust-admit', tests: '6', failures: '1', errors: '1' });
    expect(
      all.testsuite.map(({ name, tests, failures, errors, skipped }: Record<string, string>) => [
        name,
        tests,
        failures,
        errors,
        skipped,
      ]),
    ).toEqual([
      ['models/good.slm', '2', '0', '0', '0'],
      ['models/a b,c.slm', '3', '1', '0', '1'],
      ['/far/away.gguf', '1', '0', '1', '0'],
    ]);
    const [, integrity, weights] = all.testsuite[1].testcase;
    expect(integrity).toMatchObject({
      name: 'integrity',
      failure: { type: 'CHUNK_DIGEST', message: CHUNK.message },
    });
    expect(integrity.failure['#text'].match(/CHUNK_DIGEST/g)).toHaveLength(2);
    expect('skipped' in weights).toBe(true);
    expect(all.testsuite[1]['system-out']).toBe('PROBE: a probe is lost');
    expect(all.testsuite[2].testcase[0]).toMatchObject({ name: 'open', error: { type: 'SOURCE_READ' } });
  });

  it('stays well-formed, and gives the text back, whatever stands in it', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const xml = junitXml([report], 'mirust-admit');
        expect(XMLValidator.validate(xml)).toBe(true);
        const [suite] = parser.parse(xml, true).testsuites[0].testsuite;
        expect(suite.testcase[1].failure.message).toBe(report.findings[0]?.message);
        expect(suite.testcase).toHaveLength(3);
      }),
    );
  });
});

describe('Markdown', () => {
  it('is a table, and what was found', () => {
    expect(markdownSummary([GOOD, BAD], 'mirust-admit')).toBe(
      [
        '### mirust-admit: 1 of 2 admitted',
        '',
        '| file | verdict | |',
        '|---|---|---|',
        '| models/good\\.slm | ✅ admitted | slm2, llama, 869,504 |',
        '| models/a b,c\\.slm | ❌ rejected | slm2, llama, 869,504 |',
        '',
        '**models/a b,c\\.slm**',
        '',
        '- error `CHUNK_DIGEST`: chunk 3 does not match its SHA\\-256 (at byte 4096). Fetch the file again\\.',
        '- warning `PROBE`: a probe is lost',
        '- error `CHUNK_DIGEST`: chunk 3 does not match its SHA\\-256 (at byte 4096). Fetch the file again\\.',
        '',
      ].join('\n'),
    );
  });

  it('escapes what a file brings, and stays short', () => {
    const message = '<img src=x> [link](http://x) `code` **bold** | cell';
    const findings = Array.from({ length: 200 }, () => ({ ...CHUNK, message }));
    const text = markdownSummary([{ ...BAD, findings }], 'mirust-admit');
    expect(text).toContain('\\<img src=x\\> \\[link\\]\\(http\\://x\\) \\`code\\` \\*\\*bold\\*\\* \\| cell');
    expect(text).toContain('- and 180 more');
    expect(text.length).toBeLessThan(10_000);
  });
});

describe('GitHub annotations', () => {
  it('are a command for each finding', () => {
    expect(githubAnnotations([GOOD, BAD, UNOPENED]).split('\n')).toEqual([
      '::error file=models/a b%2Cc.slm,title=CHUNK_DIGEST::chunk 3 does not match its SHA-256 (at byte 4096)%0AFetch the file again.',
      '::warning file=models/a b%2Cc.slm,title=PROBE::a probe is lost',
      '::error file=models/a b%2Cc.slm,title=CHUNK_DIGEST::chunk 3 does not match its SHA-256 (at byte 4096)%0AFetch the file again.',
      '::error file=/far/away.gguf,title=SOURCE_READ::the disk failed',
      '',
    ]);
  });

  it('never become another command', () => {
    fc.assert(
      fc.property(
        anyReport,
        fc.constantFrom('\n::set-env::', '\r\n::error::', '%0A::warning::'),
        (report, injected) => {
          const file = `${report.file}${injected}`;
          const lines = githubAnnotations([{ ...report, file }]).split('\n');
          expect(lines).toHaveLength(2);
          expect(lines[0]?.split('::').length).toBeGreaterThanOrEqual(3);
          expect(lines[0]).toMatch(/^::error file=[^\n\r:,]*,title=CHUNK_DIGEST::/);
        },
      ),
    );
  });
});
