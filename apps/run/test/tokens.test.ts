/** `mirust-run tokens` as its users run it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assetPath, ROOT, runApp } from '@mirust/cli/testing';
import { afterAll, describe, expect, it } from 'vitest';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');
const folder = mkdtempSync(join(tmpdir(), 'mirust-tokens-'));

interface Encoded {
  readonly name: string;
  readonly text: string;
  readonly withBos: readonly number[];
}
const { tokenIds } = JSON.parse(readFileSync(join(ROOT, 'fixtures', 'story', 'expected.json'), 'utf8')) as {
  readonly tokenIds: readonly Encoded[];
};

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function idsOf(args: readonly string[], input?: string | Uint8Array): Promise<number[]> {
  const options = input === undefined ? {} : { input };
  const { status, stdout, stderr } = await runApp('run', ['tokens', ...args, '--json'], options);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const document = JSON.parse(stdout);
  expect(Object.keys(document)).toEqual(['ids']);
  return document.ids;
}

describe.concurrent('mirust-run tokens', () => {
  it('gives the ids of a text, with and without BOS, from every file that holds the tokenizer', async () => {
    const artifact = join(folder, 'story.slm1');
    expect(await runApp('pack', [STORY, artifact])).toMatchObject({ status: 0 });
    const { text, withBos } = tokenIds.find(({ text: { length } }) => length > 20) ?? { text: '', withBos: [] };
    expect(withBos.length).toBeGreaterThan(5);
    for (const file of [STORY, join(STORY, 'tokenizer.json'), artifact]) {
      expect(await idsOf([file, '--text', text])).toEqual(withBos);
      expect(await idsOf([file, '--text', text, '--no-special'])).toEqual(withBos.slice(1));
    }
  });

  it('reads a text from a file and from standard input, to the byte', async () => {
    const { text, withBos } = tokenIds.find(({ text: { length } }) => length > 20) ?? { text: '', withBos: [] };
    const file = join(folder, 'text.txt');
    writeFileSync(file, text);
    expect(await idsOf([STORY, '--text-file', file])).toEqual(withBos);
    expect(await idsOf([STORY, '--text-file', '-'], text)).toEqual(withBos);
    expect(await idsOf([STORY, '--text', ''])).toEqual([256]);
    expect(await idsOf([STORY, '--text-file', '-'], '')).toEqual([256]);
  });

  it('shows a person each token, also pieces of characters', async () => {
    const { stdout } = await runApp('run', ['tokens', STORY, '--text', 'Hello é\n']);
    expect(stdout).toMatch(/^ *id {2}text\n *256 {2}"<s>"\n/);
    expect(stdout).toContain('  "\\u{a}"\n');
    expect(stdout).toMatch(/ <0xC3>\n.* <0xA9>\n/);
    expect(stdout).toMatch(/\n\d tokens\n$/);
  });

  it.each<[string, readonly string[], number, string]>([
    ['no text', [STORY], 2, 'give either --text or --text-file (see mirust-run tokens --help)'],
    ['two texts', [STORY, '--text', 'a', '--text-file', 'b'], 2, 'give either --text or --text-file'],
    ['a missing text', [STORY, '--text-file', join(folder, 'absent')], 16, 'SOURCE_NOT_FOUND: '],
    ['a directory as text', [STORY, '--text-file', folder], 16, 'is a directory, not a text'],
    ['a file without tokenizer', [join(ROOT, 'LICENSE'), '--text', 'a'], 14, 'CHECKPOINT_FORMAT: '],
    ['a prompt', [STORY, '--prompt', 'a'], 2, 'Unknown argument'],
  ])('refuses %s', async (_name, args, status, problem) => {
    const result = await runApp('run', ['tokens', ...args, '--json']);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toContain(`mirust-run: `);
    expect(result.stderr).toContain(problem);
  });

  it('refuses a text that is not UTF-8', async () => {
    const input = Uint8Array.of(0x61, 0xff);
    const result = await runApp('run', ['tokens', STORY, '--text-file', '-'], { input });
    expect(result).toMatchObject({ status: 10, stdout: '' });
    expect(result.stderr).toBe(
      'mirust-run: INVALID_UTF8: standard input is not valid UTF-8\n  Convert the text to UTF-8.\n',
    );
  });

  it.skipIf(assetPath('vocabs') === undefined).each([
    ['gpt-2', 'Hello World!', [15496, 2159, 0]],
    ['llama-spm', 'Hello World!', [1, 15043, 2787, 29991]],
  ])('reads the vocabulary of a GGUF without tensors: %s', async (name, text, ids) => {
    expect(await idsOf([assetPath('vocabs', `ggml-vocab-${name}.gguf`) ?? '', '--text', text])).toEqual(ids);
  });
});
