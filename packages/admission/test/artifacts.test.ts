/** The gate on artifacts: the shipped model in every form is admitted, every tampering is rejected under its name. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Checkpoint, openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @boundaries-ignore artifacts are made where packing is tested
import { checkpointOf, everything, pack, SMALL } from '../../pipeline/test/_support.ts';
// @boundaries-ignore digests of changed files are made right where the container is tested
import { resign, sectionsOf } from '../../slm/test/_support.ts';
import { admitBytes, admitFiles, flipped, outcomes, problems, warnings } from './_support.ts';

const STORY = fileURLToPath(new URL('../../../fixtures/story/hf', import.meta.url));
const { parameterCount: parameters } = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../fixtures/story/expected.json', import.meta.url)), 'utf8'),
) as { parameterCount: number };
const PASSED = ['passed', 'passed', 'passed', 'passed', 'passed'];

function storyFiles(): Record<string, Uint8Array> {
  return Object.fromEntries(readdirSync(STORY).map((name) => [name, readFileSync(`${STORY}/${name}`)]));
}

describe('the shipped model', () => {
  let checkpoint: Checkpoint;
  beforeAll(async () => {
    checkpoint = await openCheckpoint(await openPath(STORY));
  });
  afterAll(() => checkpoint.close());

  it.each([undefined, 'config.json', 'model.safetensors'])('as it was published (%s)', async (primary) => {
    const report = await admitFiles(storyFiles(), primary);
    expect([report.verdict, report.artifact.format]).toEqual(['admitted', 'huggingface']);
    expect(report.findings).toEqual([]);
    expect(outcomes(report)).toEqual(PASSED);
    expect(report.artifact.rootDigest).toBeUndefined();
  });

  it.each([
    ['slm2', 'keep'],
    ['slm2', 'f16'],
    ['slm2', 'q8'],
    ['slm2', 'q4'],
    ['slm1', 'f32'],
    ['slm1', 'q8'],
    ['slm1', 'q4'],
  ] as const)('as %s, %s', async (format, type) => {
    const { bytes, report } = await pack(checkpoint, { recipe: { default: type }, format });
    const admitted = await admitBytes(bytes);
    expect(admitted.verdict).toBe('admitted');
    expect(admitted.findings).toEqual([]);
    expect(outcomes(admitted)).toEqual(PASSED);
    expect(admitted.artifact).toEqual({
      format,
      architecture: 'llama',
      parameters,
      ...(format === 'slm2' ? { rootDigest: report.digest.rootDigest } : {}),
    });
  });
});

describe('SLM2', () => {
  let good: Uint8Array;
  let sections: ReturnType<typeof sectionsOf>;
  beforeAll(async () => {
    good = (await pack(checkpointOf(SMALL), { recipe: { default: 'q8' } })).bytes;
    sections = sectionsOf(good);
  });
  const section = (kind: string) => sections.get(kind) ?? expect.fail(kind);

  it('is admitted', async () => {
    expect((await admitBytes(good)).verdict).toBe('admitted');
  });

  it('with a flipped bit anywhere is rejected', async () => {
    const rules = new Set<string>();
    const step = Math.ceil(good.length / 250);
    for (let at = 0; at < good.length; at += step) {
      const report = await admitBytes(flipped(good, at));
      expect(report.verdict).toBe('rejected');
      expect(problems(report).length).toBeGreaterThan(0);
      for (const problem of problems(report)) rules.add(problem);
    }
    expect([...rules]).toContain('integrity CHUNK_DIGEST');
  });

  it.each([
    ['header', 0, 'unsupported CHECKPOINT_FORMAT'],
    ['version', 4, 'unsupported SLM2_VERSION'],
    ['file length', 8, 'structure SLM2_FILE_LENGTH'],
    ['flags', 20, 'unsupported SLM2_FLAGS'],
    ['root digest', 40, 'integrity SLM2_ROOT_DIGEST'],
    ['section table', 64 + 30, 'integrity SLM2_ROOT_DIGEST'],
  ])('%s: %i → %s', async (_what, at, expected) => {
    const report = await admitBytes(flipped(good, at));
    expect(problems(report)).toEqual([expected]);
    expect(outcomes(report)).toEqual(['failed', 'skipped', 'skipped', 'skipped', 'skipped']);
  });

  it.each(['META', 'TOKN', 'TENS', 'LEAF'])('%s, at either end', async (kind) => {
    const { offset, byteLength } = section(kind);
    for (const at of [offset, offset + byteLength - 1]) {
      expect(problems(await admitBytes(flipped(good, at)))).toEqual(['integrity SLM2_SECTION_DIGEST']);
    }
  });

  it('DATA, at either end: everything but integrity passes', async () => {
    const { offset, byteLength } = section('DATA');
    for (const at of [offset, offset + byteLength - 1]) {
      const report = await admitBytes(flipped(good, at));
      expect(problems(report)).toEqual(['integrity CHUNK_DIGEST']);
      expect(outcomes(report)).toEqual(['passed', 'failed', 'passed', 'passed', 'skipped']);
      expect(report.findings[0]?.offset).toBe(offset);
    }
  });

  it('padding between sections', async () => {
    const { offset } = section('DATA');
    expect(problems(await admitBytes(flipped(good, offset - 1)))).toEqual(['structure SLM2_PADDING']);
  });

  it('cut short or grown', async () => {
    for (const bytes of [
      good.subarray(0, -1),
      good.subarray(0, 5000),
      good.subarray(0, 64),
      Uint8Array.of(...good, 0),
    ]) {
      expect(problems(await admitBytes(bytes))[0]).toMatch(/^structure SLM2_(FILE_LENGTH|TRUNCATED)$/);
    }
    expect(problems(await admitBytes(good.subarray(0, 30)))).toEqual(['structure SLM2_TRUNCATED']);
  });

  it('a changed weight with every digest above it made right again', async () => {
    const report = await admitBytes(resign(flipped(good, section('DATA').offset)));
    expect(problems(report)).toEqual(['integrity SLM2_TENSOR_DIGEST']);
    expect(report.findings[0]?.tensor).toBe('layers.0.attn_norm.weight');
  });

  it('two payloads swapped, digests of chunks and sections made right again', async () => {
    const copy = good.slice();
    const at = section('DATA').offset;
    // Both norms of the first layer have 96 bytes and start on multiples of 64 (the first is padded to 128).
    const first = copy.slice(at, at + 96);
    const second = copy.slice(at + 128, at + 224);
    copy.set(second, at);
    copy.set(first, at + 128);
    expect(problems(await admitBytes(resign(copy)))).toContain('integrity SLM2_TENSOR_DIGEST');
  });

  it('a tensor renamed in the table, and in the table and META', async () => {
    const rename = (bytes: Uint8Array, kind: string): void => {
      const { offset, byteLength } = section(kind);
      const text = Buffer.from(bytes.buffer, bytes.byteOffset + offset, byteLength);
      const found = text.lastIndexOf('tok_embeddings.weight');
      expect(found).toBeGreaterThanOrEqual(0);
      text.write('tok_embeddingz', found, 'ascii');
    };
    const one = good.slice();
    rename(one, 'TENS');
    expect(problems(await admitBytes(resign(one)))).toEqual(['structure SLM2_META_TENSORS']);
    const both = one.slice();
    rename(both, 'META');
    const report = await admitBytes(resign(both));
    expect(problems(report)).toEqual(['contract MODEL_TENSOR_MISSING', 'contract MODEL_TENSOR_UNKNOWN']);
    expect(report.findings.map(({ tensor }) => tensor)).toEqual(['tok_embeddings.weight', 'tok_embeddingz.weight']);
    // The container itself is sound, and says so.
    expect(outcomes(report)).toEqual(['passed', 'passed', 'failed', 'passed', 'passed']);
  });

  it('a tokenizer that is damaged, with its digests made right again', async () => {
    const copy = good.slice();
    const { offset, byteLength } = section('TOKN');
    copy.fill(0xff, offset + byteLength - 300, offset + byteLength);
    const report = await admitBytes(resign(copy));
    expect(report.findings[0]?.class).toBe('tokenizer');
    expect(outcomes(report)).toEqual(['passed', 'passed', 'passed', 'failed', 'passed']);
  });

  // DATA begins with two norms of 128 bytes; w1 [40, 24] follows: 5 panels of 8 scales and 8 rows of 32 columns, padded.
  // wk [12, 24] starts behind w2 and w3; the second of its two panels has four rows that are padding.
  const W1 = 256;
  const WK = W1 + 1472 + 1664 + 1472;

  it.each([
    ['a scale of zero in a real row', W1 + 4, [0, 0, 0, 0], 'structure SLM2_SCALE_VALUE'],
    ['an infinite one', W1 + 4 * 288, [0, 0, 0x80, 0x7f], 'structure SLM2_SCALE_VALUE'],
    ['a padded column that is not zero', W1 + 32 + 6 * 32, [1], 'structure SLM2_PADDING'],
    ['a scale of a padding row', WK + 288 + 4 * 4, [0, 0, 0x80, 0x3f], 'structure SLM2_PADDING'],
    ['a code of a padding row', WK + 288 + 32 + 7 * 4, [1], 'structure SLM2_PADDING'],
  ])('%s, with every digest above made right again', async (_what, at, values, expected) => {
    const copy = good.slice();
    copy.set(values, section('DATA').offset + at);
    const report = await admitBytes(resign(copy));
    expect(problems(report)).toEqual([expected]);
    expect(outcomes(report)).toEqual(['passed', 'failed', 'passed', 'passed', 'skipped']);
    const [finding] = report.findings;
    expect(Math.abs((finding?.offset ?? 0) - section('DATA').offset - at)).toBeLessThan(4);
  });

  it.each([
    ['interleaved rows of a vector', 0, 1, 'structure SLM2_TENSOR_INTERLEAVED'],
    ['row-major bytes that are interleaved', 2, 0, 'structure SLM2_TENSOR_PLACE'],
    ['a layout that nobody knows', 2, 2, 'unsupported SLM2_TENSOR_LAYOUT'],
  ])('%s', async (_what, tensor, layout, expected) => {
    const copy = good.slice();
    copy[section('TENS').offset + 128 * tensor + 11] = layout;
    expect(problems(await admitBytes(resign(copy)))).toEqual([expected]);
  });

  it('a scale that is no positive number in row-major order, with its digests made right again', async () => {
    const rows = (await pack(checkpointOf(SMALL), { recipe: { default: 'q8' }, layout: 'rows' })).bytes;
    const { offset, byteLength } = sectionsOf(rows).get('DATA') ?? expect.fail();
    expect((await admitBytes(rows)).verdict).toBe('admitted');
    rows.fill(0, offset + 128 * 2, offset + byteLength);
    expect(problems(await admitBytes(resign(rows)))).toEqual(['structure SLM2_SCALE_VALUE']);
  });
});

describe('SLM1', () => {
  let good: Uint8Array;
  beforeAll(async () => {
    good = (await pack(checkpointOf(SMALL), { recipe: everything('q8'), format: 'slm1' })).bytes;
  });

  it('with a flipped bit anywhere is rejected', async () => {
    const rules = new Set<string>();
    const step = Math.ceil(good.length / 250);
    for (let at = 0; at < good.length; at += step) {
      const report = await admitBytes(flipped(good, at));
      expect(report.verdict).toBe('rejected');
      for (const problem of problems(report)) rules.add(problem);
    }
    expect([...rules]).toContain('integrity SLM1_CHECKSUM');
  });

  it.each([
    ['the checksum itself', 100],
    ['a weight', 12_000],
  ])('%s', async (_what, at) => {
    const report = await admitBytes(flipped(good, at));
    expect(new Set(problems(report))).toEqual(new Set(['integrity SLM1_CHECKSUM']));
    // The tokenizer is read through the same pins.
    expect(outcomes(report)).toEqual(['passed', 'failed', 'passed', 'failed', 'skipped']);
  });

  it.each([
    ['version', 4, 'unsupported SLM1_VERSION'],
    ['model type', 12, 'unsupported SLM1_MODEL_TYPE'],
    ['flags', 17, 'unsupported SLM1_FLAGS'],
    ['heads', 36, 'structure SLM1_HEADER_FIELD'],
    ['directory offset', 80, 'structure SLM1_SECTION_PLACE'],
  ])('%s: %i → %s', async (_what, at, expected) => {
    expect(problems(await admitBytes(flipped(good, at)))).toEqual([expected]);
  });

  it('cut short', async () => {
    for (const length of [50, 107]) {
      expect(problems(await admitBytes(good.subarray(0, length)))).toEqual(['structure SLM1_TRUNCATED']);
    }
    expect((await admitBytes(good.subarray(0, -64))).findings[0]?.class).toBe('structure');
  });
});

it('warnings do not reject', async () => {
  const { bytes } = await pack(checkpointOf(SMALL, { facts: { endOfGeneration: [3, 9000] } }));
  const report = await admitBytes(bytes);
  expect(report.verdict).toBe('admitted');
  expect(warnings(report)).toEqual(['contract CHECKPOINT_END_ID']);
});
