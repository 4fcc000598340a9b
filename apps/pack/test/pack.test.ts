/** mirust-pack as its users run it. */
import { cpSync, linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runApp } from '@mirust/cli/testing';
import { describe, expect, it } from 'vitest';
import { testFolder } from './_folder.ts';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');

/** The four bytes that an artifact starts with. */
function magicOf(path: string): string {
  return readFileSync(path).toString('latin1', 0, 4);
}

describe('mirust-pack SOURCE OUT', () => {
  it.each([
    ['slm2', ['--quant', 'q8']],
    ['slm2', ['--quant', 'q4', '--rule', 'tok_embeddings.weight=f16']],
    ['slm2', []],
    ['slm1', ['--quant', 'q4']],
  ])('writes %s with %j: the dry run knew its size to the byte', async (format, options) => {
    const folder = testFolder();
    const out = folder.file('model.slm');
    const args = [STORY, out, ...options, '--format', format, '--json'];
    const dry = await runApp('pack', [...args, '--dry-run']);
    expect(dry).toMatchObject({ status: 0, stderr: '' });
    expect(folder.names()).toEqual([]);
    const wet = await runApp('pack', args);
    expect(wet).toMatchObject({ status: 0, stderr: '' });
    expect(folder.names()).toEqual(['model.slm']);
    const [planned, written] = [JSON.parse(dry.stdout), JSON.parse(wet.stdout)];
    expect(planned).toMatchObject({ format, dryRun: true, byteLength: statSync(out).size });
    expect(written).toMatchObject({ format, dryRun: false, file: out, byteLength: statSync(out).size, warnings: [] });
    expect(written[format === 'slm1' ? 'checksum' : 'rootDigest']).toMatch(/^[0-9a-f]+$/);
    const shapes = (report: typeof planned): unknown[] =>
      report.tensors.map(({ error: _error, ...tensor }: { error?: unknown }) => tensor);
    expect(shapes(planned)).toEqual(shapes(written));
  });

  it("lets OUT's extension choose the container, and --format overrule it", async () => {
    const folder = testFolder();
    const pack = (name: string, ...options: string[]): Promise<unknown> =>
      runApp('pack', [STORY, folder.file(name), ...options]);
    await Promise.all([
      pack('a.slm'),
      pack('a.slm1'),
      pack('a.SLM2'),
      pack('b.slm1', '--format', 'slm2'),
      pack('plain'),
    ]);
    expect(folder.names().map((name) => [name, magicOf(folder.file(name))])).toEqual([
      ['a.SLM2', 'SLM2'],
      ['a.slm', 'SLM2'],
      ['a.slm1', 'SLM1'],
      ['b.slm1', 'SLM2'],
      ['plain', 'SLM2'],
    ]);
  });

  it('prints for a person what was written, and how well', async () => {
    const folder = testFolder();
    const { status, stdout, stderr } = await runApp('pack', [STORY, 'story.slm', '--quant', 'q8'], {
      cwd: folder.path,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^wrote story\.slm: 929,280 bytes \(907\.50 KiB\)\nroot digest [0-9a-f]{64}\n\ntype /);
    expect(stdout).toMatch(/\nq8 +29 +891,904 {2}0\.\d+ % RMS, cosine 0\.9999\d+ \(layers\.\d\.\w+\.weight\)\n/);
    expect(stdout).toMatch(/\nf32 +9 +4,608 {2}none: every value is the same\n$/);
  });

  it('replaces an artifact of the same name, and leaves it alone when it fails', async () => {
    const folder = testFolder();
    const out = folder.file('model.slm1');
    writeFileSync(out, 'an older file');
    const refused = await runApp('pack', [STORY, out, '--quant', 'f16']);
    expect(refused).toMatchObject({ status: 14, stdout: '' });
    expect(refused.stderr).toMatch(
      /^mirust-pack: PACK_SLM1_CANNOT_HOLD: SLM1 cannot hold .+\n {2}Pack with --format slm2\.\n$/,
    );
    expect(readFileSync(out, 'utf8')).toBe('an older file');
    expect(await runApp('pack', [STORY, out, '--quant', 'q4'])).toMatchObject({ status: 0 });
    expect(folder.names()).toEqual(['model.slm1']);
    expect(statSync(out).size).toBeGreaterThan(100_000);
  });
});

describe('OUT that is a file of SOURCE', () => {
  it('is refused, by whatever name', async () => {
    const folder = testFolder();
    const tiny = folder.file('tiny.slm');
    await runApp('pack', ['fixture', 'tiny', tiny]);
    const before = readFileSync(tiny);
    linkSync(tiny, folder.file('hard.slm'));
    symlinkSync('tiny.slm', folder.file('soft.slm'));
    for (const name of ['tiny.slm', './tiny.slm', 'hard.slm', 'soft.slm']) {
      const { status, stdout, stderr } = await runApp('pack', ['tiny.slm', name, '--quant', 'q8'], {
        cwd: folder.path,
      });
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toBe(
        'mirust-pack: OUT is tiny.slm of the source and would overwrite it; choose another name (see mirust-pack --help)\n',
      );
    }
    expect(await runApp('pack', ['manifest', tiny, tiny])).toMatchObject({ status: 2 });
    expect(readFileSync(tiny).equals(before)).toBe(true);
    expect(folder.names()).toEqual(['hard.slm', 'soft.slm', 'tiny.slm']);
  });

  it.each(['config.json', 'model.safetensors', 'tokenizer.json'])('is refused in a directory: %s', async (name) => {
    const folder = testFolder();
    cpSync(STORY, folder.file('hf'), { recursive: true });
    const file = join(folder.file('hf'), name);
    const before = readFileSync(file);
    const { status, stderr } = await runApp('pack', [folder.file('hf'), file]);
    expect(status).toBe(2);
    expect(stderr).toContain(`OUT is ${name} of the source`);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is refused where it is the tokenizer', async () => {
    const folder = testFolder();
    cpSync(join(STORY, 'tokenizer.json'), folder.file('tokenizer.json'));
    const before = readFileSync(folder.file('tokenizer.json'));
    const tokenizer = folder.file('tokenizer.json');
    expect(await runApp('pack', [STORY, tokenizer, '--tokenizer', tokenizer])).toMatchObject({ status: 2 });
    expect(readFileSync(tokenizer).equals(before)).toBe(true);
  });

  it('is fine where it is an artifact beside the source', async () => {
    const folder = testFolder();
    cpSync(STORY, folder.file('hf'), { recursive: true });
    const out = join(folder.file('hf'), 'story.slm');
    expect(await runApp('pack', [folder.file('hf'), out])).toMatchObject({ status: 0 });
    expect(await runApp('pack', [folder.file('hf'), out])).toMatchObject({ status: 0 });
  });
});
