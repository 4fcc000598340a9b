/** The smaller commands of mirust-pack, and what all of them have in common. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { assetPath, ROOT, runApp } from '@mirust/cli/testing';
import { readManifest, readSidecar } from '@mirust/integrity';
import { describe, expect, it } from 'vitest';
import { testFolder } from './_folder.ts';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');

describe.concurrent('mirust-pack inspect', () => {
  it('shows a model from its headers, as text', async () => {
    const { status, stdout, stderr } = await runApp('pack', ['inspect', STORY]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^huggingface: llama, 869,504 parameters\n/);
    expect(stdout).toMatch(
      /\nlayers\.3\.wk\.weight +\[64, 128\] +bf16 +16,384 {2}model\.layers\.3\.self_attn\.k_proj\.weight\n/,
    );
  });

  it('shows it as JSON', async () => {
    const document = JSON.parse((await runApp('pack', ['inspect', STORY, '--json'])).stdout);
    expect(document).toMatchObject({ format: 'huggingface', architecture: 'llama', parameters: 869_504, warnings: [] });
    expect(document.tensors).toHaveLength(38);
    expect(document.tensors[0]).toEqual({
      name: 'tok_embeddings.weight',
      sourceName: 'model.embed_tokens.weight',
      shape: [1024, 128],
      type: 'bf16',
      bytes: 262_144,
    });
  });

  it.skipIf(assetPath('vocabs') === undefined)('lists what breaks the contract, and exits with its class', async () => {
    const { status, stdout } = await runApp('pack', [
      'inspect',
      assetPath('vocabs', 'ggml-vocab-llama-spm.gguf') ?? '',
    ]);
    expect(status).toBe(12);
    expect(stdout).toContain('\nproblem MODEL_TENSOR_MISSING: tensor tok_embeddings.weight is missing\n');
    expect(stdout).toMatch(/\nand \d+ more problems\n$/);
  });
});

describe.concurrent('mirust-pack fixture', () => {
  it('writes a model that is admitted', async (context) => {
    const out = testFolder(context).file('fixture.slm');
    const { status, stdout } = await runApp('pack', ['fixture', 'tiny', out, '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'slm1', dryRun: false, byteLength: 20_352 });
    expect(statSync(out).size).toBe(20_352);
    expect(await runApp('admit', [out])).toMatchObject({ status: 0 });
  });

  it('refuses a name that it does not have', async (context) => {
    const { status, stderr } = await runApp('pack', ['fixture', 'huge', testFolder(context).file('a.slm')]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^mirust-pack: no fixture huge: there are tiny, .+ \(see mirust-pack fixture --help\)\n$/);
  });
});

describe.concurrent('mirust-pack manifest', () => {
  it('writes JSON to standard output, or to a file', async (context) => {
    const folder = testFolder(context);
    const [artifact, out] = [folder.file('m.slm'), folder.file('m.json')];
    await runApp('pack', ['fixture', 'tiny', artifact, '--format', 'slm2']);
    const printed = await runApp('pack', ['manifest', artifact, '--json']);
    expect(printed).toMatchObject({ status: 0, stderr: '' });
    expect(readManifest(printed.stdout)).toMatchObject({ artifact: { format: 'slm2', fileName: 'm.slm' } });
    const written = await runApp('pack', ['manifest', artifact, out]);
    expect(written.stdout).toBe(`wrote ${out}: ${statSync(out).size.toLocaleString('en-US')} bytes\n`);
    expect(readFileSync(out, 'utf8')).toBe(printed.stdout);
  });

  it('writes the sidecar of SLM1', async (context) => {
    const artifact = testFolder(context).file('m.slm1');
    await runApp('pack', ['fixture', 'tiny', artifact]);
    const args = ['manifest', artifact, '--kind', 'sidecar', '--source', 'deterministic-smoke'];
    const { stdout } = await runApp('pack', args);
    expect(readSidecar(new TextEncoder().encode(stdout))).toMatchObject({ sourceKind: 'deterministic-smoke' });
  });

  it.for([
    [['--kind', 'sidecar', '--json'], 2, '--json and --kind sidecar exclude each other'],
    [['--source', 'converted-trained'], 2, '--source needs --kind sidecar'],
    [[], 14, 'PACK_NO_ARTIFACT: model.safetensors is neither SLM1 nor SLM2'],
  ] as const)('refuses %j of a safetensors file', async ([options, status, message]) => {
    const result = await runApp('pack', ['manifest', join(STORY, 'model.safetensors'), ...options]);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toContain(message);
  });
});

describe.concurrent('standard output and error', () => {
  it('that nobody reads any more is no error, and the work is done', async (context) => {
    const folder = testFolder(context);
    const result = await runApp('pack', ['fixture', 'tiny', folder.file('tiny.slm')], {
      onSpawn: (child) => child.stdout?.destroy(),
    });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(folder.names()).toEqual(['tiny.slm']);
  });

  it('have no colours in a pipe, but where they are asked for', async () => {
    const plain = await runApp('pack', ['absent', 'a.slm']);
    const forced = await runApp('pack', ['absent', 'a.slm'], { env: { FORCE_COLOR: '1' } });
    expect(plain.stderr).toBe('mirust-pack: SOURCE_NOT_FOUND: absent does not exist\n  Check the path.\n');
    expect(forced.stderr).toContain('\u001b[31mmirust-pack\u001b[39m');
  });

  it('have the version', async () => {
    expect(await runApp('pack', ['--version'])).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
  });
});
