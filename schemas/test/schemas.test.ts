/** The committed types and validators are the ones that the schemas make, and the validators say what is wrong. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { validateArtifactManifest, validateHyperparameterRecord, validateSlm2Meta } from '../generated/index.js';

const folder = fileURLToPath(new URL('..', import.meta.url));

const hyperparameters = {
  vocabSize: 260,
  hiddenSize: 8,
  layerCount: 1,
  headCount: 2,
  kvHeadCount: 1,
  headDim: 4,
  ffnSize: 16,
  maxContext: 16,
  ropeTheta: 10000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: true,
};
const tool = { name: 'mirust-pack', version: '0.1.0' };
const meta = {
  formatVersion: 1,
  architecture: 'llama',
  hyperparameters,
  recipe: { default: 'q8', rules: [{ pattern: '*norm*', type: 'f32' }], q4BlockSize: 32, scaleType: 'f32' },
  tensors: { 'norm.weight': { requested: 'f32' } },
  sources: [{ name: 'model.safetensors', byteLength: 10, sha256: 'a'.repeat(64) }],
  tool,
};

/** A copy of `value` with the value at `path` replaced, or removed where `replacement` is undefined. */
function changed(value: object, path: readonly (string | number)[], replacement: unknown): unknown {
  const copy = structuredClone(value) as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  let at: Record<string | number, unknown> = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  if (replacement === undefined) delete at[last];
  else at[last] = replacement;
  return copy;
}

describe('generated files', () => {
  it('are those that the schemas make', () => {
    expect(() => execFileSync(process.execPath, [`${folder}generate.mjs`, '--check'], { stdio: 'pipe' })).not.toThrow();
  });

  it('need neither a module nor eval', () => {
    const code = readFileSync(`${folder}generated/index.js`, 'utf8');
    expect(code).not.toMatch(/\beval\(|new Function|\brequire\(|^import /m);
  });

  it('close every object against unknown keys', () => {
    const open: string[] = [];
    const walk = (value: unknown, at: string): void => {
      if (value === null || typeof value !== 'object') return;
      if ('properties' in value && !('additionalProperties' in value)) open.push(at);
      for (const [key, inner] of Object.entries(value)) walk(inner, `${at}/${key}`);
    };
    const files = readdirSync(folder).filter((name) => name.endsWith('.schema.json'));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) walk(JSON.parse(readFileSync(`${folder}${file}`, 'utf8')), file);
    expect(open).toEqual([]);
  });
});

describe('validateSlm2Meta', () => {
  it('hands the value back', () => {
    const result = validateSlm2Meta(meta);
    expect(result).toEqual({ ok: true, value: meta });
  });

  it.each([
    [['formatVersion'], 2, '/formatVersion', /constant: 1/],
    [['tool'], undefined, '', /'tool'/],
    [['surprise'], 1, '', /surprise/],
    [['hyperparameters', 'attentionBias'], true, '/hyperparameters', /attentionBias/],
    [['hyperparameters', 'headDim'], 3, '/hyperparameters/headDim', /multiple of 2/],
    [['hyperparameters', 'ropeTheta'], Number.NaN, '/hyperparameters/ropeTheta', /number/],
    [['hyperparameters', 'ropeScaling'], { type: 'yarn' }, '/hyperparameters/ropeScaling', /oneOf|tag/],
    [['hyperparameters', 'ropeScaling'], { type: 'linear' }, '/hyperparameters/ropeScaling', /factor/],
    [['sources', 0, 'sha256'], 'A'.repeat(64), '/sources/0/sha256', /pattern/],
    [['name'], 'two\nlines', '/name', /pattern/],
    [['name'], 'x'.repeat(257), '/name', /256/],
    [['tensors'], {}, '/tensors', /1 properties/],
    [['tensors', 'a b'], { requested: 'f32' }, '/tensors', /a b/],
    [['tensors', 'norm.weight', 'statistics'], { rmsError: 0 }, '/tensors/norm.weight/statistics', /required/],
    [['recipe', 'q4BlockSize'], 33, '/recipe/q4BlockSize', /multiple/],
  ])('refuses %j = %j', (path, replacement, at, message) => {
    const result = validateSlm2Meta(changed(meta, path, replacement));
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.errors.map((problem) => problem.path)).toContain(at);
    expect(result.errors.map((problem) => problem.message).join('; ')).toMatch(message);
  });

  it('takes every kind of rope scaling', () => {
    const llama3 = { type: 'llama3', factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192 };
    for (const ropeScaling of [{ type: 'linear', factor: 2 }, { type: 'factors' }, llama3]) {
      expect(validateHyperparameterRecord({ ...hyperparameters, ropeScaling }).ok).toBe(true);
    }
  });

  it('takes statistics of fixed width only', () => {
    const statistics = (text: string): unknown => ({
      requested: 'q8',
      statistics: { maxAbsoluteError: text, rmsError: text, relativeRmsError: text, cosine: text },
    });
    const check = (text: string): boolean => validateSlm2Meta({ ...meta, tensors: { x: statistics(text) } }).ok;
    expect(check('+1.234567890e-003')).toBe(true);
    for (const text of ['1.234567890e-003', '+1.23456789e-003', '+1.234567890e-03', '+NaN', '']) {
      expect(check(text)).toBe(false);
    }
  });

  it('is not misled by a key called __proto__', () => {
    const hostile = JSON.parse(`{"__proto__": {"formatVersion": 1}, "tool": 1}`) as unknown;
    expect(validateSlm2Meta(hostile).ok).toBe(false);
  });
});

describe('validateArtifactManifest', () => {
  const manifest = {
    manifestVersion: 1,
    artifact: { format: 'slm2', fileName: 'tiny.slm', byteLength: 100, rootDigest: '0'.repeat(64) },
    model: { architecture: 'llama', hyperparameters, parameterCount: 2744 },
    tensors: [{ name: 'norm.weight', encoding: 'f32', shape: [8], byteLength: 32 }],
    sources: [],
    tool,
    admission: { state: 'admitted', requiredNextGate: 'runtime-smoke' },
  };

  it('takes both containers, each with its own digest', () => {
    expect(validateArtifactManifest(manifest).ok).toBe(true);
    const { rootDigest, ...rest } = manifest.artifact;
    const slm1 = { ...rest, format: 'slm1', sha256: rootDigest, checksum: '0123456789abcdef' };
    expect(validateArtifactManifest({ ...manifest, artifact: slm1 }).ok).toBe(true);
    expect(validateArtifactManifest({ ...manifest, artifact: { ...slm1, rootDigest } }).ok).toBe(false);
    expect(validateArtifactManifest({ ...manifest, artifact: { ...rest, format: 'slm1' } }).ok).toBe(false);
  });

  it.each(['../x.slm', '/etc/x', 'a\\b', '..', '.', '', 'a\u0000'])('refuses the file name %j', (fileName) => {
    expect(validateArtifactManifest(changed(manifest, ['artifact', 'fileName'], fileName)).ok).toBe(false);
  });
});
