/** `mirust-run eval` as its users run it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runApp } from '@mirust/cli/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');
const folder = mkdtempSync(join(tmpdir(), 'mirust-eval-'));
const at = (name: string): string => join(folder, name);

const expected = JSON.parse(readFileSync(join(ROOT, 'fixtures', 'story', 'expected.json'), 'utf8')) as {
  readonly heldout: { readonly perDocument: readonly (readonly [tokens: number, meanNll: number])[] };
};

const PROMPT = 'Max wanted to';

beforeAll(async () => {
  const documents = readFileSync(join(ROOT, 'fixtures', 'story', 'heldout.txt'), 'utf8').split('<|endoftext|>');
  writeFileSync(at('two.txt'), documents.slice(0, 2).join('<|endoftext|>'));
  writeFileSync(at('blank.txt'), ' \n<|endoftext|>\n');
  const told = await runApp('run', [STORY, '-p', PROMPT, '-n', '6', '--json']);
  const { text } = JSON.parse(told.stdout) as { text: string };
  const good = { name: 'the story', prompt: PROMPT, expected: text, maxTokens: 6 };
  writeFileSync(at('good.json'), JSON.stringify([good]));
  writeFileSync(at('bad.json'), JSON.stringify([good, { ...good, name: undefined, expected: `${text.slice(0, 9)}!` }]));
  writeFileSync(at('none.json'), '[]');
  writeFileSync(at('odd.json'), JSON.stringify([{ ...good, temperature: 1 }]));
  writeFileSync(at('broken.json'), '[');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.concurrent('mirust-run eval --text-file', () => {
  it("gives transformers' likelihood, as JSON and as text", async () => {
    const documents = expected.heldout.perDocument.slice(0, 2);
    const tokens = documents.reduce((sum, [count]) => sum + count, 0);
    const meanNll = documents.reduce((sum, [count, nll]) => sum + count * nll, 0) / tokens;
    const json = await runApp('run', ['eval', STORY, '--text-file', at('two.txt'), '--json']);
    expect(json).toMatchObject({ status: 0, stderr: '' });
    const report = JSON.parse(json.stdout);
    expect(report.tokens).toBe(tokens);
    expect(report.meanNll).toBeCloseTo(meanNll, 4);
    expect(report.perplexity).toBeCloseTo(Math.exp(report.meanNll), 12);
    const text = await runApp('run', ['eval', STORY, '--text-file', at('two.txt'), '--chunk', '7']);
    expect(text.stdout).toBe(
      `tokens  mean NLL  perplexity\n   ${tokens}    ${report.meanNll.toFixed(4)}       ${report.perplexity.toFixed(3)}\n`,
    );
  });
});

describe.concurrent('mirust-run eval --cases', () => {
  it('passes where every text is given to the letter', async () => {
    const { status, stdout } = await runApp('run', ['eval', STORY, '--cases', at('good.json'), '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ cases: 1, passed: 1, results: [{ name: 'the story', passed: true }] });
  });

  it('exits with 5 where one is not, and shows where the texts part', async () => {
    const json = await runApp('run', ['eval', STORY, '--cases', at('bad.json'), '--json']);
    expect(json.status).toBe(5);
    expect(JSON.parse(json.stdout)).toMatchObject({
      cases: 2,
      passed: 1,
      results: [{ passed: true }, { name: 'case 2', passed: false }],
    });
    const text = await runApp('run', ['eval', STORY, '--cases', at('bad.json')]);
    expect(text.status).toBe(5);
    expect(text.stdout).toMatch(
      /^passed {2}the story\nFAILED {2}case 2\n {2}from character 9, expected "!"\n {2}and got ".+"\n1 of 2 cases passed\n$/,
    );
  });
});

describe.concurrent('what cannot be evaluated', () => {
  it.each<[string, readonly string[], number, string]>([
    ['nothing', [], 2, 'give --text-file or --cases (see mirust-run eval --help)'],
    ['a blank text', ['--text-file', 'blank.txt'], 2, 'blank.txt has no text'],
    ['a missing text', ['--text-file', 'absent.txt'], 16, 'SOURCE_NOT_FOUND: absent.txt does not exist'],
    ['no cases', ['--cases', 'none.json'], 2, 'none.json: must NOT have fewer than 1 items'],
    ['cases with an unknown field', ['--cases', 'odd.json'], 2, 'odd.json: /0 must NOT have additional properties'],
    ['cases that are no JSON', ['--cases', 'broken.json'], 2, 'broken.json is not JSON'],
    ['an empty path', ['--cases', ''], 2, '--cases must not be empty'],
  ])('%s', async (_name, args, status, problem) => {
    const result = await runApp('run', ['eval', STORY, ...args], { cwd: folder });
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toContain(`mirust-run: ${problem}`);
  });
});
