/** `mirust-run FILE` as its users run it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assetPath, ROOT, runApp } from '@mirust/cli/testing';
import { type Diagnostics, type LeakReport, validateDiagnostics, validateLeakReport } from '@mirust/schemas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');
const folder = mkdtempSync(join(tmpdir(), 'mirust-run-'));
const artifact = join(folder, 'story.slm');

interface Greedy {
  readonly prompt: string;
  readonly promptTokenIds: readonly number[];
  readonly generatedTokenIds: readonly number[];
  readonly text: string;
}
const { greedy, greedyPrompts } = JSON.parse(
  readFileSync(join(ROOT, 'fixtures', 'story', 'expected.json'), 'utf8'),
) as {
  readonly greedy: Greedy;
  readonly greedyPrompts: readonly Greedy[];
};

beforeAll(async () => {
  expect(await runApp('pack', [STORY, artifact])).toMatchObject({ status: 0 });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs with --json and checks the document's diagnostics. */
async function generate(...args: string[]): Promise<Record<string, unknown> & { diagnostics: Diagnostics }> {
  const { status, stdout, stderr } = await runApp('run', [...args, '--json']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const document = JSON.parse(stdout);
  const result = validateDiagnostics(document.diagnostics);
  if (!result.ok) throw new Error(`${result.errors[0]?.path} ${result.errors[0]?.message}`);
  return document;
}

describe.concurrent('mirust-run FILE', () => {
  it("writes transformers' greedy story to stdout, and nothing else anywhere", async () => {
    expect(await runApp('run', [artifact])).toEqual({ status: 0, stdout: greedy.text, stderr: '' });
    const { stdout } = await runApp('run', [STORY, '--max-tokens', '20']);
    expect(greedy.text.startsWith(stdout) && stdout.length > 20).toBe(true);
  });

  it('goes on from a prompt, and gives text, ids and diagnostics as JSON', async () => {
    const [{ prompt, promptTokenIds, generatedTokenIds, text } = greedy] = greedyPrompts;
    const document = await generate(artifact, '--prompt', prompt, '--max-tokens', '20', '--backend', 'reference');
    expect(document).toMatchObject({ promptTokenIds, stopReason: 'max-tokens' });
    expect(document.tokenIds).toEqual(generatedTokenIds.slice(0, 20));
    expect(text.startsWith(String(document.text))).toBe(true);
    expect(Object.keys(document)).toEqual(['text', 'tokenIds', 'promptTokenIds', 'stopReason', 'diagnostics']);
    const { artifact: identity, backend, prefill, decode, operations } = document.diagnostics;
    expect(identity).toMatchObject({ format: 'slm2', rootDigest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(backend).toBe('reference');
    expect(prefill?.tokens).toBe(promptTokenIds.length);
    expect(decode?.tokens).toBe(19);
    expect(operations).toBeUndefined();
  });

  it('starts from BOS alone without a prompt, and with an empty one', async () => {
    const [absent, empty] = [await generate(artifact, '-n', '3'), await generate(artifact, '-n', '3', '-p', '')];
    expect(absent).toMatchObject({ promptTokenIds: [256], tokenIds: greedy.generatedTokenIds.slice(0, 3) });
    expect(empty).toMatchObject({ promptTokenIds: [256], tokenIds: absent.tokenIds });
  });

  it('stops before the first of several texts, which may begin with a dash', async () => {
    const stop = greedy.text.slice(20, 25);
    const { stdout } = await runApp('run', [artifact, '--stop', '--', '--stop', stop]);
    expect(stdout).toBe(greedy.text.slice(0, greedy.text.indexOf(stop)));
  });

  it('draws the same text from the same seed, and of two seeds takes the last', async () => {
    const draw = (...seeds: string[]): Promise<unknown> =>
      runApp('run', [artifact, '-n', '16', '--temperature', '1.5', ...seeds.flatMap((seed) => ['--seed', seed])]);
    const [one, again, other] = await Promise.all([draw('1'), draw('2', '1'), draw('2')]);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('measures operations where that is asked for', async () => {
    const { diagnostics } = await generate(artifact, '-n', '2', '--profile', '--kv', 'f16', '--context', '64');
    expect(diagnostics.operations?.length).toBeGreaterThan(0);
    expect(diagnostics.options).toMatchObject({ context: 64, kvType: 'f16' });
    const refused = await runApp('run', [artifact, '--profile']);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('--profile needs --json') });
  });

  it('takes the tokenizer of another file', async () => {
    const document = await generate(artifact, '-n', '2', '--tokenizer', join(STORY, 'tokenizer.json'));
    expect(document.tokenIds).toEqual(greedy.generatedTokenIds.slice(0, 2));
  });
});

describe.concurrent('--check-leaks', () => {
  const NONE = /^no leaks: \d+ things, [\d,]+ bytes taken and given back\n$/;

  it.each([
    ['--threads', '1'],
    ['--threads', '2'],
    ['--backend', 'reference'],
  ])('finds none with %s %s', async (...way) => {
    const { status, stdout, stderr } = await runApp('run', [artifact, '-n', '20', '--check-leaks', ...way]);
    expect(status).toBe(0);
    expect(greedy.text.startsWith(stdout) && stdout.length > 20).toBe(true);
    expect(stderr).toMatch(NONE);
  });

  it('is in the JSON as well, counted to the byte', async () => {
    const { status, stdout, stderr } = await runApp('run', [
      STORY,
      '-n',
      '2',
      '--threads',
      '1',
      '--check-leaks',
      '--json',
    ]);
    expect(status).toBe(0);
    const { leaks, diagnostics, ...rest } = JSON.parse(stdout) as { leaks: LeakReport; diagnostics: Diagnostics };
    expect(Object.keys(rest)).toEqual(['text', 'tokenIds', 'promptTokenIds', 'stopReason']);
    expect(validateLeakReport(leaks)).toMatchObject({ ok: true });
    expect(leaks).toMatchObject({ open: [], retained: [] });
    const tapes = diagnostics.tapes.reduce((sum, { capacityBytes }) => sum + capacityBytes, 0);
    expect(leaks.taken.bytes).toBeGreaterThan(tapes);
    expect(stderr).toBe(
      `no leaks: ${leaks.taken.count} things, ${leaks.taken.bytes.toLocaleString('en-US')} bytes taken and given back\n`,
    );
  });

  it('looks after a failure too, which keeps its status', async () => {
    const result = await runApp('run', [artifact, '--context', '3', '-p', 'a long prompt', '--check-leaks']);
    expect(result).toMatchObject({ status: 15, stdout: '' });
    const [first = '', ...rest] = result.stderr.split(/(?<=\n)/);
    expect(first).toMatch(NONE);
    expect(rest.join('')).toMatch(/^mirust-run: RUNTIME_CONTEXT/);
  });
});

describe.concurrent('what cannot be run', () => {
  const cut = join(folder, 'cut.slm');
  const flipped = join(folder, 'flipped.slm');

  beforeAll(() => {
    const bytes = readFileSync(artifact);
    writeFileSync(cut, bytes.subarray(0, 1000));
    bytes.writeUInt8(bytes.readUInt8(bytes.length / 2) ^ 1, bytes.length / 2);
    writeFileSync(flipped, bytes);
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ['a missing file', [join(folder, 'absent')], 16, /SOURCE_NOT_FOUND/],
    ['a cut file', [cut], 10, /\(at byte \d+\)/],
    ['a changed byte', [flipped], 11, /CHUNK_DIGEST: .*\(at byte \d+\)/],
    ['a directory without a model', [folder], 12, /CHECKPOINT_INCOMPLETE/],
    ['a model without tokenizer', [join(ROOT, 'fixtures/oracles/tiny-llama/gqa-tied')], 13, /RUNTIME_NO_TOKENIZER/],
    ['a text', [join(ROOT, 'LICENSE')], 14, /CHECKPOINT_FORMAT/],
    ['a context beyond the declared one', [artifact, '--context', '513'], 15, /MODEL_CONTEXT: .*513 passes the 512/],
    ['a prompt beyond the context', [artifact, '--context', '3', '-p', 'a long prompt'], 15, /RUNTIME_CONTEXT/],
    ['an unknown option', [artifact, '--tempreature', '1'], 2, /Unknown argument.*\(see mirust-run --help\)/],
  ])('%s', async (_name, args, status, problem) => {
    const result = await runApp('run', args);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(/^mirust-run: [^\n]+\n(?: {2}[^\n]+\n)?$/);
    expect(result.stderr).toMatch(problem);
  });
});

describe.concurrent('standard output', () => {
  it('that is closed ends the generation, without an error', async () => {
    let seen = '';
    const result = await runApp('run', [artifact, '-n', '200'], {
      onSpawn: (child) => {
        child.stdout?.on('data', (text: string) => {
          seen += text;
          child.stdout?.destroy();
        });
      },
    });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(greedy.text.startsWith(seen)).toBe(true);
    expect(seen.length).toBeLessThan(greedy.text.length);
  });

  it('ends with status 130 on Ctrl-C, after what was said until then', async () => {
    const result = await runApp('run', [artifact, '-n', '200'], {
      onSpawn: (child) => child.stdout?.once('data', () => child.kill('SIGINT')),
    });
    expect(result).toMatchObject({ status: 130, stderr: 'mirust-run: interrupted\n' });
    expect(result.stdout.length).toBeLessThan(greedy.text.length);
    expect(greedy.text.startsWith(result.stdout)).toBe(true);
  });
});

const gguf = assetPath('stories260k', 'stories260K.gguf');

describe.skipIf(gguf === undefined).concurrent('stories260K', () => {
  it('tells its recorded text', async () => {
    const recorded = JSON.parse(readFileSync(assetPath('stories260k', 'expected.json') ?? '', 'utf8'));
    const { stdout } = await runApp('run', [gguf ?? '', '--temperature', '0', '--max-tokens', '200']);
    expect(stdout).toBe(recorded.greedy.text);
  });

  it('is refused to SLM1 with the reason', async () => {
    const refused = await runApp('pack', [gguf ?? '', join(folder, 'stories.slm1')]);
    expect(refused).toMatchObject({ status: 14, stderr: expect.stringContaining('SentencePiece') });
  });
});
