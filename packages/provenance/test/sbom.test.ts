/** Bills of materials: valid by the official schema, the same for the same artifact, and nothing that is not known. */
import { Version } from '@cyclonedx/cyclonedx-library/Spec';
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation';
import { fileSetOf } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { memorySource } from '@mirust/core';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { slm2File } from '../../checkpoint/test/_artifacts.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { STATISTICS } from '../../slm/test/_support.ts';
import { describeArtifact, digestArtifact } from '../src/index.ts';
import { type BillOfMaterials, modelBill } from '../src/sbom/index.ts';

const TOOL = { name: 'test', version: '1.0.0' };
const STORY = new URL('../../../fixtures/story/hf', import.meta.url).pathname;

async function billOf(files: Awaited<ReturnType<typeof openPath>>, timestamp?: Date): Promise<BillOfMaterials> {
  const [digests, description] = [await digestArtifact(files), await describeArtifact(files, TOOL)];
  return modelBill({ name: 'model', files: digests, description, tool: TOOL, timestamp });
}

async function slm2Bill(part: Parameters<typeof slm2File>[0] = {}): Promise<BillOfMaterials> {
  return billOf(fileSetOf(new Map([['model.slm', memorySource(await slm2File(part))]]), 'model.slm'));
}

/** What the official schema, with its formats, has against a document. */
async function problemsOf(bill: BillOfMaterials): Promise<unknown> {
  return new JsonStrictValidator(Version.v1dot6).validate(JSON.stringify(bill));
}

describe('the bill of an SLM2', () => {
  it('is valid, and has what the file says of itself', async () => {
    const bill = await slm2Bill({ name: 'Tiny', license: 'apache-2.0', baseModel: 'org/base' });
    expect(await problemsOf(bill)).toBeNull();
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: expect.stringMatching(
        /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      metadata: {
        tools: { components: [{ type: 'application', ...TOOL }] },
        component: {
          type: 'machine-learning-model',
          name: 'Tiny',
          hashes: [{ alg: 'SHA-256' }],
          licenses: [{ license: { id: 'Apache-2.0' } }],
          pedigree: {
            ancestors: [
              { type: 'machine-learning-model', name: 'org/base' },
              { type: 'file', name: 'model.safetensors', hashes: [{ alg: 'SHA-256', content: 'ab'.repeat(32) }] },
            ],
          },
          modelCard: {
            modelParameters: { modelArchitecture: 'llama' },
            quantitativeAnalysis: {
              performanceMetrics: expect.arrayContaining([
                {
                  type: 'relative RMS error of quantization',
                  value: String(Number(STATISTICS.relativeRmsError)),
                  slice: 'tok_embeddings.weight',
                },
              ]),
            },
          },
        },
      },
    });
  });

  it('has a licence by name where SPDX has none', async () => {
    const bill = await slm2Bill({ license: 'Community License 3' });
    expect(await problemsOf(bill)).toBeNull();
    expect(bill).toMatchObject({
      metadata: { component: { licenses: [{ license: { name: 'Community License 3' } }] } },
    });
  });

  it('is the same for the same bytes, and another for others', async () => {
    const bill = await slm2Bill();
    expect(JSON.stringify(await slm2Bill())).toBe(JSON.stringify(bill));
    expect((await slm2Bill({ name: 'other' })).serialNumber).not.toBe(bill.serialNumber);
    expect(JSON.stringify(bill)).not.toContain('timestamp');
  });
});

describe('the bill of a directory', () => {
  it('is valid, and has its files', async () => {
    const bill = await billOf(await openPath(STORY), new Date(1_700_000_000_000));
    expect(await problemsOf(bill)).toBeNull();
    expect(bill).toMatchObject({ metadata: { timestamp: '2023-11-14T22:13:20.000Z', component: { name: 'model' } } });
    const names = (bill.components as { readonly name: string }[]).map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(names).toContain('tokenizer.json');
    expect(bill.dependencies).toContainEqual({ ref: 'model', dependsOn: names.map((name) => `file:${name}`) });
  });
});

it('the schema refuses what is no bill', async () => {
  const bill = await slm2Bill();
  expect(await problemsOf({ ...bill, serialNumber: 'x' })).not.toBeNull();
  expect(await problemsOf({ ...bill, modelCard: {} })).not.toBeNull();
});
