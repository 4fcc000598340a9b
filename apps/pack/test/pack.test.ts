/** mirust-pack SOURCE OUT, as its users run it. */
import { cpSync, linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPath } from '@mirust/checkpoint/node';
import { ROOT, runApp } from '@mirust/cli/testing';
import { describe, expect, it } from 'vitest';
import { refuseOverwritingSource } from '../src/keep-source.ts';
import { testFolder } from './_folder.ts';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');

/** The four bytes that an artifact starts with. */
function magicOf(path: string): string {
  return readFileSync(path).toString('latin1', 0, 4);
}

interface Packed {
  readonly tensors: readonly { readonly error?: unknown }[];
}

/** What a dry run knows of tensors, too: all but the errors. */
function withoutErrors({ tensors }: Packed): unknown[] {
  return tensors.map(({ error: _error, ...tensor }) => tensor);
}

describe.concurrent('mirust-pack SOURCE OUT', () => {
  for (const [format, options] of [
    ['slm2', ['--quant', 'q8']],
    ['slm2', ['--quant', 'q4', '--rule', 'tok_embeddings.weight=f16']],
    ['slm2', ['--quant', 'q8', '--layout', 'rows']],
    ['slm1', ['--quant', 'q4']],
  ] as const) {
    it(`writes ${format} with ${options.join(' ')}: the dry run knew its size to the byte`, async (context) => {
      const folder = testFolder(context);
      const out = folder.file('model.slm');
      const args = [STORY, out, ...options, '--format', format, '--json'];
      const dry = await runApp('pack', [...args, '--dry-run']);
      expect(dry).toMatchObject({ status: 0, stderr: '' });
      expect(folder.names()).toEqual([]);
      const wet = await runApp('pack', args);
      expect(wet).toMatchObject({ status: 0, stderr: '' });
      expect(folder.names()).toEqual(['model.slm']);
      const [planned, written] = [JSON.parse(dry.stdout), JSON.parse(wet.stdout)];
      const byteLength = statSync(out).size;
      expect(planned).toMatchObject({ format, dryRun: true, byteLength });
      expect(written).toMatchObject({ format, dryRun: false, file: out, byteLength });
      // SLM1 has no place for the licence of the model card.
      const codes = written.warnings.map(({ code }: { readonly code: string }) => code);
      expect(codes).toEqual(format === 'slm1' ? ['PACK_SLM1_FACTS'] : []);
      expect(written[format === 'slm1' ? 'checksum' : 'rootDigest']).toMatch(/^[0-9a-f]+$/);
      expect(withoutErrors(planned)).toEqual(withoutErrors(written));
    });
  }

  it('writes the same file with any number of threads', async (context) => {
    const folder = testFolder(context);
    for (const threads of ['1', '2', '5']) {
      const packed = await runApp('pack', [STORY, folder.file(threads), '--quant', 'q4', '--threads', threads]);
      expect(packed).toMatchObject({ status: 0, stderr: '' });
    }
    const [one, ...others] = folder.names().map((name) => readFileSync(folder.file(name)));
    for (const other of others) expect(other.equals(one ?? expect.fail())).toBe(true);
    expect(others).toHaveLength(2);
    for (const threads of ['0', '1.5', 'all', '1000']) {
      const { status, stderr } = await runApp('pack', [STORY, folder.file('x'), '--threads', threads]);
      expect([status, stderr.includes('--threads')]).toEqual([2, true]);
    }
  });

  it("lets OUT's extension choose the container, and --format overrule it", async (context) => {
    const folder = testFolder(context);
    await runApp('pack', [STORY, folder.file('a.slm1')]);
    await runApp('pack', [STORY, folder.file('b.slm1'), '--format', 'slm2']);
    await runApp('pack', [STORY, folder.file('c')]);
    expect(folder.names().map((name) => magicOf(folder.file(name)))).toEqual(['SLM1', 'SLM2', 'SLM2']);
  });

  it('prints for a person what was written, and how well', async (context) => {
    const folder = testFolder(context);
    const { status, stdout, stderr } = await runApp('pack', [STORY, 'story.slm', '--quant', 'q8'], {
      cwd: folder.path,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^wrote story\.slm: 929,280 bytes \(907\.50 KiB\)\nroot digest [0-9a-f]{64}\n\ntype /);
    expect(stdout).toMatch(/\nq8 x8 +29 +891,904 {2}0\.\d+ % RMS, cosine 0\.9999\d+ \(layers\.\d\.\w+\.weight\)\n/);
    expect(stdout).toMatch(/\nf32 +9 +4,608 {2}none: every value is the same\n$/);
  });

  it('moves an artifact from one layout to the other, and converts nothing', async (context) => {
    const folder = testFolder(context);
    const [first, rows] = [folder.file('a.slm'), folder.file('b.slm')];
    const typesOf = (stdout: string): unknown =>
      Object.fromEntries(JSON.parse(stdout).tensors.map(({ name, type }: Record<string, string>) => [name, type]));
    const packed = await runApp('pack', [STORY, first, '--quant', 'q8', '--json']);
    expect(typesOf(packed.stdout)).toMatchObject({ 'layers.0.wq.weight': 'q8 x8', 'norm.weight': 'f32' });
    const moved = await runApp('pack', [first, rows, '--layout', 'rows', '--json']);
    expect(typesOf(moved.stdout)).toMatchObject({ 'layers.0.wq.weight': 'q8', 'norm.weight': 'f32' });
    expect(JSON.parse(moved.stdout).tensors.every(({ error }: { error?: unknown }) => error === undefined)).toBe(true);
    expect(await runApp('admit', [first, rows])).toMatchObject({ status: 0 });
  });

  it('replaces an artifact of the same name, and leaves it alone when it fails', async (context) => {
    const folder = testFolder(context);
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
    expect(magicOf(out)).toBe('SLM1');
  });
});

describe.concurrent('OUT that is a file of SOURCE', () => {
  it('is refused, and SOURCE stays as it is', async (context) => {
    const folder = testFolder(context);
    await runApp('pack', ['fixture', 'tiny', folder.file('tiny.slm')]);
    const before = readFileSync(folder.file('tiny.slm'));
    const args = ['tiny.slm', './tiny.slm', '--quant', 'q8'];
    expect(await runApp('pack', args, { cwd: folder.path })).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'mirust-pack: OUT is tiny.slm of the source and would overwrite it; choose another name (see mirust-pack --help)\n',
    });
    expect(await runApp('pack', ['manifest', 'tiny.slm', 'tiny.slm'], { cwd: folder.path })).toMatchObject({
      status: 2,
    });
    expect(readFileSync(folder.file('tiny.slm')).equals(before)).toBe(true);
    expect(folder.names()).toEqual(['tiny.slm']);
  });

  it('is recognised under any name, and nothing else is', async (context) => {
    const folder = testFolder(context);
    cpSync(STORY, folder.file('hf'), { recursive: true });
    const inside = (name: string): string => join(folder.file('hf'), name);
    linkSync(inside('model.safetensors'), folder.file('hard.slm'));
    symlinkSync(inside('config.json'), folder.file('soft.slm'));
    writeFileSync(inside('story.slm'), 'an older artifact');
    const [directory, file] = [await openPath(folder.file('hf')), await openPath(inside('model.safetensors'))];
    for (const [out, name] of [
      [inside('config.json'), 'config.json'],
      [inside('tokenizer.json'), 'tokenizer.json'],
      [inside('model.safetensors'), 'model.safetensors'],
      [folder.file('hard.slm'), 'model.safetensors'],
      [folder.file('soft.slm'), 'config.json'],
    ] as const) {
      await expect(refuseOverwritingSource(out, directory)).rejects.toThrow(`OUT is ${name} of the source`);
      await expect(refuseOverwritingSource(out, file)).rejects.toThrow(`OUT is ${name} of the source`);
    }
    for (const out of [inside('story.slm'), inside('new.slm'), folder.file('new.slm')]) {
      await expect(refuseOverwritingSource(out, directory)).resolves.toBeUndefined();
    }
  });
});
