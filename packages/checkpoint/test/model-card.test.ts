/** Model cards: what they say plainly is read, and nothing is guessed. */
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../src/index.ts';
import { factsOf } from '../src/model-card.ts';
import { tinyDirectory, utf8, watchedFiles } from './_support.ts';

const card = (metadata: string): string => `---\n${metadata}\n---\n# A model\n\nlicense: of the text\n`;

describe('a model card', () => {
  it.each<[string, string, string | undefined, string | undefined]>([
    ['plain values', 'license: apache-2.0\nbase_model: a/b-c_1.5', 'apache-2.0', 'a/b-c_1.5'],
    ['quotes', 'license: "mit"\nbase_model: \'a/b\'', 'mit', 'a/b'],
    ['comments', 'license: mit # really\n# license: gpl', 'mit', undefined],
    ['a list of one', 'base_model:\n- a/b\nlicense: mit', 'mit', 'a/b'],
    ['an indented list', 'license:\n  - mit\n  - gpl-3.0', 'mit, gpl-3.0', undefined],
    ['a flow list', 'license: [mit]\nbase_model: ["a/b", c/d]', 'mit', 'a/b, c/d'],
    ['a licence with a name', 'license: other\nlicense_name: llama3.2', 'llama3.2', undefined],
    ['a licence without one', 'license: other', 'other', undefined],
    ['Windows line ends', 'license: mit\r\ntags: x', 'mit', undefined],
    ['a key that stands twice', 'license: mit\nlicense: gpl-3.0', undefined, undefined],
    ['a key of something else', 'model:\n  license: mit\nlicenses: mit', undefined, undefined],
    ['an alias', 'x: &a mit\nlicense: *a', undefined, undefined],
    ['a block', 'license: |\n  mit', undefined, undefined],
    ['an object', 'license: {name: mit}', undefined, undefined],
    ['an escape', 'license: "m\\u0069t"', undefined, undefined],
    ['nothing', 'license:\ntags: [a]', undefined, undefined],
  ])('%s', (_, metadata, license, baseModel) => {
    expect(factsOf(card(metadata))).toEqual({ license, baseModel });
  });

  it.each([
    ['no metadata', '# A model\nlicense: mit\n'],
    ['metadata that does not start the file', '\n---\nlicense: mit\n---\n'],
    ['metadata that does not end', '---\nlicense: mit\n'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(factsOf(text)).toEqual({ license: undefined, baseModel: undefined });
  });

  it('belongs to the facts of a directory, however long it is', async () => {
    const text = `${card('license: mit\nbase_model: a/b')}${'x'.repeat(200_000)}`;
    const files = watchedFiles({ ...tinyDirectory(), 'README.md': utf8(text) });
    const checkpoint = await openCheckpoint(files);
    expect(checkpoint.facts).toMatchObject({ license: 'mit', baseModel: 'a/b' });
    await checkpoint.close();
    expect(files.openCount()).toBe(0);
  });
});
