/** The smaller commands of mirust-pack, and what all of them have in common. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { assetPath, ROOT, runApp } from '@mirust/cli/testing';
import { readManifest, readSidecar } from '@mirust/integrity';
import { describe, expect, it } from 'vitest';
import { testFolder } from './_folder.ts';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');

describe('mirust-pack inspect', () => {
  it('shows a model from its headers, as text and as JSON', async () => {
    const text = await runApp('pack', ['inspect', STORY]);
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toMatch(/^huggingface: llama, 869,504 parameters\n/);
    expect(text.stdout).toMatch(
      /\nlayers\.3\.wk\.weight +\[64, 128\] +bf16 +16,384 {2}model\.layers\.3\.self_attn\.k_proj\.weight\n/,
    );
    const json = await runApp('pack', ['inspect', STORY, '--json']);
    const document = JSON.parse(json.stdout);
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
    const vocabulary = assetPath('vocabs', 'ggml-vocab-llama-spm.gguf') ?? '';
    const { status, stdout } = await runApp('pack', ['inspect', vocabulary]);
    expect(status).toBe(12);
    expect(stdout).toContain('\nproblem MODEL_TENSOR_MISSING: tensor tok_embeddings.weight is missing\n');
    expect(stdout).toMatch(/\nand \d+ more problems\n$/);
  });
});

describe('mirust-pack fixture', () => {
  it.each([
    ['tiny', 'f32', 20_352],
    ['tiny-bpe', 'q8', undefined],
  ] as const)('writes %s at %s', async (name, quant, size) => {
    const out = testFolder().file('fixture.slm');
    const { status, stdout } = await runApp('pack', ['fixture', name, out, '--quant', quant, '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'slm1', dryRun: false, byteLength: size ?? statSync(out).size });
    expect(await runApp('admit', [out])).toMatchObject({ status: 0 });
  });

  it('refuses a name that it does not have', async () => {
    const { status, stderr } = await runApp('pack', ['fixture', 'huge', testFolder().file('a.slm')]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^mirust-pack: no fixture huge: there are tiny, .+ \(see mirust-pack fixture --help\)\n$/);
  });
});

describe('mirust-pack manifest', () => {
  it('writes the JSON manifest of both containers, and the sidecar of SLM1', async () => {
    const folder = testFolder();
    const [slm1, slm2] = [folder.file('m.slm1'), folder.file('m.slm')];
    await runApp('pack', ['fixture', 'tiny', slm1]);
    await runApp('pack', ['fixture', 'tiny', slm2, '--format', 'slm2']);
    for (const file of [slm1, slm2]) {
      const { status, stdout, stderr } = await runApp('pack', ['manifest', file, '--json']);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(readManifest(stdout)).toMatchObject({ artifact: { byteLength: statSync(file).size } });
    }
    const sidecar = await runApp('pack', ['manifest', slm1, '--kind', 'sidecar', '--source', 'deterministic-smoke']);
    expect(readSidecar(new TextEncoder().encode(sidecar.stdout))).toMatchObject({ sourceKind: 'deterministic-smoke' });
    const out = folder.file('m.json');
    const written = await runApp('pack', ['manifest', slm2, out]);
    expect(written.stdout).toBe(`wrote ${out}: ${statSync(out).size.toLocaleString('en-US')} bytes\n`);
    expect(readManifest(readFileSync(out, 'utf8')).artifact).toMatchObject({ format: 'slm2' });
  });

  it.each([
    [['--kind', 'sidecar', '--json'], 2, '--json and --kind sidecar exclude each other'],
    [['--source', 'converted-trained'], 2, '--source needs --kind sidecar'],
    [['--kind', 'sidecar'], 14, 'PACK_NO_ARTIFACT: model.safetensors is not SLM1'],
    [[], 14, 'PACK_NO_ARTIFACT: model.safetensors is neither SLM1 nor SLM2'],
  ])('refuses %j of a safetensors file', async (options, status, message) => {
    const result = await runApp('pack', ['manifest', join(STORY, 'model.safetensors'), ...options]);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toContain(message);
  });
});

describe('standard output', () => {
  it('that nobody reads any more is no error, and the work is done', async () => {
    const folder = testFolder();
    const out = folder.file('tiny.slm');
    const result = await runApp('pack', ['fixture', 'tiny', out], { onSpawn: (child) => child.stdout?.destroy() });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(folder.names()).toEqual(['tiny.slm']);
  });

  it('has colours where they are asked for, and none in a pipe', async () => {
    const plain = await runApp('pack', ['absent', 'a.slm']);
    const forced = await runApp('pack', ['absent', 'a.slm'], { env: { FORCE_COLOR: '1' } });
    const refused = await runApp('pack', ['absent', 'a.slm'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(plain.stderr).toBe('mirust-pack: SOURCE_NOT_FOUND: absent does not exist\n  Check the path.\n');
    expect(forced.stderr).toContain('\u001b[31mmirust-pack\u001b[39m');
    expect(refused.stderr).toBe(plain.stderr);
  });
});
