/** The sidecar of SLM1 and the JSON manifest: round trips, and every way to be wrong. */
import { isMirustError } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADMISSION_STATES,
  type ArtifactManifest,
  GATES,
  INTEGRITY_ERRORS,
  MAX_MANIFEST_BYTES,
  MAX_SIDECAR_BYTES,
  readManifest,
  readSidecar,
  SIDECAR_QUANTIZATIONS,
  type SidecarManifest,
  SOURCE_KINDS,
  writeManifest,
  writeSidecar,
} from '../src/index.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const sidecar: SidecarManifest = {
  modelPath: 'models/tiny.slm',
  byteLength: 20352,
  checksum: '0123456789abcdef',
  vocabSize: 260,
  hiddenSize: 8,
  layerCount: 1,
  headCount: 2,
  kvHeadCount: 2,
  headDim: 4,
  ffnSize: 16,
  maxContext: 16,
  tiedOutput: false,
  tensorCount: 12,
  parameterCount: 4824,
  quantization: 'f32',
  sourceKind: 'deterministic-smoke',
  qualityClaim: 'none',
  trainedQualityClaim: 'none',
  admissionStatus: 'not-run',
  requiredNextGate: 'structure',
};

const TEXT = `manifest_version=1
model_path=models/tiny.slm
byte_length=20352
slm_version=1
checksum=0123456789abcdef
vocab_size=260
hidden_size=8
layer_count=1
head_count=2
kv_head_count=2
head_dim=4
ffn_size=16
max_context=16
tied_output=false
tensor_count=12
parameter_count=4824
quantization=f32
source_kind=deterministic-smoke
quality_claim=none
trained_quality_claim=none
admission_status=not-run
required_next_gate=structure
`;

const seen = new Set<string>();
function expectCode(action: () => unknown, code: string, context: object = {}): void {
  try {
    action();
  } catch (error) {
    if (!isMirustError(error)) throw error;
    expect({ code: error.code, context: error.context }).toMatchObject({ code, context });
    seen.add(code);
    return;
  }
  throw new Error(`expected ${code}, nothing was thrown`);
}

describe('the sidecar manifest', () => {
  it('is written to the letter', () => {
    expect(new TextDecoder().decode(writeSidecar(sidecar))).toBe(TEXT);
    expect(readSidecar(encode(TEXT))).toEqual(sidecar);
  });

  it('is read in any order, with or without the last line end', () => {
    const lines = TEXT.trimEnd().split('\n');
    expect(readSidecar(encode(lines.reverse().join('\n')))).toEqual(sidecar);
  });

  it('goes there and back', () => {
    const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const claim = fc.constantFrom('none', 'perplexity 1.27 = good', 'schön');
    const arbitrary = fc.record({
      byteLength: count,
      parameterCount: count,
      tiedOutput: fc.boolean(),
      modelPath: fc.constantFrom('a.slm', 'a/b c/d=e.slm', '模型.slm'),
      quantization: fc.constantFrom(...SIDECAR_QUANTIZATIONS),
      sourceKind: fc.constantFrom(...SOURCE_KINDS),
      qualityClaim: claim,
      trainedQualityClaim: claim,
      admissionStatus: fc.constantFrom(...ADMISSION_STATES),
      requiredNextGate: fc.constantFrom(...GATES),
    });
    fc.assert(
      fc.property(arbitrary, (part) => {
        const manifest = { ...sidecar, ...part };
        if (part.sourceKind !== 'converted-trained') manifest.trainedQualityClaim = 'none';
        expect(readSidecar(writeSidecar(manifest))).toEqual(manifest);
      }),
    );
  });

  it('cannot be written with values that cannot be read', () => {
    for (const part of [
      { modelPath: '../x.slm' },
      { qualityClaim: 'two\nlines' },
      { byteLength: 0 },
      { trainedQualityClaim: 'speaks' },
    ]) {
      expect(() => writeSidecar({ ...sidecar, ...part })).toThrow(RangeError);
    }
  });

  it.each([
    ['MANIFEST_TOO_LARGE', TEXT + 'x'.repeat(MAX_SIDECAR_BYTES), { limit: MAX_SIDECAR_BYTES }],
    ['MANIFEST_SYNTAX', `${TEXT}no equals sign\n`, { offset: TEXT.length }],
    ['MANIFEST_SYNTAX', `${TEXT}\n`, { offset: TEXT.length }],
    ['MANIFEST_SYNTAX', `=1\n${TEXT}`, { offset: 0 }],
    ['MANIFEST_SYNTAX', '', { offset: 0 }],
    ['MANIFEST_CONTROL_CHARACTER', TEXT.replaceAll('\n', '\r\n'), { key: 'manifest_version', offset: 0 }],
    ['MANIFEST_CONTROL_CHARACTER', TEXT.replace('claim=none', 'claim=\u001b[31m'), { key: 'quality_claim' }],
    ['MANIFEST_VERSION', TEXT.replace('manifest_version=1', 'manifest_version=2'), { key: 'manifest_version' }],
    ['MANIFEST_VERSION', TEXT.replace('slm_version=1', 'slm_version=01'), { key: 'slm_version' }],
    ['MANIFEST_KEY_DUPLICATE', `${TEXT}checksum=0123456789abcdef\n`, { key: 'checksum', offset: TEXT.length }],
    ['MANIFEST_KEY_UNKNOWN', `${TEXT}__proto__=1\n`, { key: '__proto__' }],
    ['MANIFEST_KEY_MISSING', TEXT.replace('head_dim=4\n', ''), { key: 'head_dim' }],
    ['MANIFEST_KEY_MISSING', TEXT.replace('manifest_version=1\n', ''), { key: 'manifest_version' }],
    ['MANIFEST_VALUE', TEXT.replace('head_dim=4', 'head_dim=04'), { key: 'head_dim' }],
    ['MANIFEST_VALUE', TEXT.replace('head_dim=4', 'head_dim=9007199254740993'), { key: 'head_dim' }],
    ['MANIFEST_VALUE', TEXT.replace('tied_output=false', 'tied_output=no'), { key: 'tied_output' }],
    ['MANIFEST_VALUE', TEXT.replace('=f32', '=Q8_0'), { key: 'quantization' }],
    ['MANIFEST_VALUE', TEXT.replace('models/', '/models/'), { key: 'model_path' }],
    ['MANIFEST_VALUE', TEXT.replace('models/', 'models/../'), { key: 'model_path' }],
    ['MANIFEST_VALUE', TEXT.replace('models/', 'c:\\'), { key: 'model_path' }],
    ['MANIFEST_VALUE', TEXT.replace('models/', 'm/'.repeat(2100)), { key: 'model_path' }],
    ['MANIFEST_VALUE', TEXT.replace('trained_quality_claim=none', 'trained_quality_claim=yes'), {}],
  ] as const)('%s', (code, text, context) => {
    expectCode(() => readSidecar(encode(text)), code, context);
  });

  it('INVALID_UTF8', () => {
    expectCode(() => readSidecar(Uint8Array.of(...encode(TEXT), 0xff)), 'INVALID_UTF8');
    seen.delete('INVALID_UTF8');
  });
});

const manifest: ArtifactManifest = {
  manifestVersion: 1,
  artifact: { format: 'slm2', fileName: 'tiny.slm', byteLength: 5000, rootDigest: 'ab'.repeat(32) },
  model: {
    name: 'Tiny',
    architecture: 'llama',
    hyperparameters: {
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
    },
    parameterCount: 2744,
  },
  tensors: [
    { name: 'tok_embeddings.weight', encoding: 'q4/32', scaleType: 'f16', shape: [260, 8], byteLength: 100 },
    { name: 'norm.weight', encoding: 'f32', shape: [8], byteLength: 32, sha256: '0'.repeat(64) },
  ],
  sources: [{ name: 'model.safetensors', byteLength: 9, sha256: 'cd'.repeat(32) }],
  recipe: { default: 'q4', rules: [{ pattern: '*norm*', type: 'f32' }], q4BlockSize: 32, scaleType: 'f16' },
  tool: { name: 'mirust-pack', version: '0.1.0' },
  admission: { state: 'admitted', requiredNextGate: 'runtime-smoke' },
};

describe('the JSON manifest', () => {
  it('goes there and back, the same bytes for the same manifest', () => {
    const text = writeManifest(manifest);
    expect(readManifest(text)).toEqual(manifest);
    expect(readManifest(encode(text))).toEqual(manifest);
    const reversed = Object.fromEntries(Object.entries(manifest).reverse()) as unknown as ArtifactManifest;
    expect(writeManifest(reversed)).toBe(text);
    expect(text.endsWith('}\n')).toBe(true);
  });

  it('cannot be written with values that cannot be read', () => {
    const twice = { ...manifest, tensors: [...manifest.tensors, ...manifest.tensors] };
    expect(() => writeManifest(twice)).toThrow(TypeError);
    expect(() => writeManifest({ ...manifest, tensors: [] })).toThrow(TypeError);
  });

  const edit = (from: string, to: string): string => writeManifest(manifest).replace(from, to);
  it.each([
    ['MANIFEST_TOO_LARGE', (): string => ' '.repeat(MAX_MANIFEST_BYTES + 1), { limit: MAX_MANIFEST_BYTES }],
    [
      'MANIFEST_VERSION',
      (): string => edit('"manifestVersion": 1', '"manifestVersion": 2'),
      { key: 'manifestVersion' },
    ],
    [
      'MANIFEST_VERSION',
      (): string => edit('"manifestVersion": 1', '"manifestVersion": []'),
      { key: 'manifestVersion' },
    ],
    ['MANIFEST_VALUE', (): string => edit('"manifestVersion": 1,', ''), { key: '' }],
    ['MANIFEST_VALUE', (): string => edit('"state": "admitted"', '"state": "fine"'), { key: '/admission/state' }],
    [
      'MANIFEST_VALUE',
      (): string => edit('"norm.weight"', '"tok_embeddings.weight"'),
      { tensor: 'tok_embeddings.weight' },
    ],
    ['MANIFEST_VALUE', (): string => '[]', { key: '' }],
    ['JSON_DUPLICATE_KEY', (): string => edit('"tool": {', '"tool": {}, "tool": {'), {}],
  ] as const)('%s', (code, text, context) => {
    expectCode(() => readManifest(text()), code, context);
    if (!(code in INTEGRITY_ERRORS)) seen.delete(code);
  });
});

describe('the table of codes', () => {
  it('has a test for every one', () => {
    // CHUNK_DIGEST is tested with the chunk tree.
    expect([...seen, 'CHUNK_DIGEST'].sort()).toEqual(Object.keys(INTEGRITY_ERRORS).sort());
  });
});
