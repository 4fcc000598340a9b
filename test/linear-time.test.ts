/**
 * No reader of the project takes longer than its input is long. The work of each is counted on inputs that grow and
 * the exponent fitted; a new reader of untrusted bytes gets its rows here.
 */
import { createHash } from 'node:crypto';
import type { StatementContent } from '@mirust/provenance';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// @boundaries-ignore the builders of bytes live beside the readers' own tests
import { array, buildGguf, concat, TYPE, text, u32 } from '../packages/gguf/test/_build.ts';
// @boundaries-ignore as above
import { buildSafetensors } from '../packages/safetensors/test/_build.ts';
import { MOST_EXPONENT as MOST, startWorkCounter, WHY_SKIPPED, type WorkCounter, workExponent } from './_work.ts';

let counter: WorkCounter | undefined;

/** Imported only after the counter has started: V8 counts in what it compiles from then on. */
interface Readers {
  readonly checkpoint: typeof import('@mirust/checkpoint');
  readonly core: typeof import('@mirust/core');
  readonly gguf: typeof import('@mirust/gguf');
  readonly provenance: typeof import('@mirust/provenance');
  readonly safetensors: typeof import('@mirust/safetensors');
}
let readers: Readers;

beforeAll(async () => {
  counter = startWorkCounter(/packages\/(core|gguf|provenance|safetensors)\/src\//);
  readers = {
    checkpoint: await import('@mirust/checkpoint'),
    core: await import('@mirust/core'),
    gguf: await import('@mirust/gguf'),
    provenance: await import('@mirust/provenance'),
    safetensors: await import('@mirust/safetensors'),
  };
});
afterAll(() => counter?.stop());

function exponent<T>(make: (size: number) => T, read: (input: T) => unknown): Promise<number | undefined> {
  return workExponent(counter, make, read);
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe('JSON', () => {
  const rows: readonly (readonly [name: string, make: (size: number) => string])[] = [
    ['numbers', (n) => JSON.stringify(range(n).map((i) => i * 1.5))],
    ['keys', (n) => JSON.stringify(Object.fromEntries(range(n).map((i) => [`key ${i}`, i])))],
    ['pairs', (n) => JSON.stringify(range(n).map((i) => [`ü${i}`, 'a longer string than any slice']))],
    ['escapes', (n) => JSON.stringify('\n"\\'.repeat(n))],
    ['one long string', (n) => JSON.stringify('x'.repeat(10 * n))],
    ['one long number', (n) => `0.${'1'.repeat(10 * n)}`],
    ['whitespace', (n) => `[${' \n'.repeat(10 * n)}]`],
    ['objects', (n) => `[${'{"ü":1},'.repeat(n)}{}]`],
  ];
  test.for(rows)('%s', async ([, make], { skip }) => {
    const slope = await exponent(make, (json) => readers.core.parseStrictJson(json));
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeLessThan(MOST);
  });

  test('members, one at a time', async ({ skip }) => {
    const slope = await exponent(
      (n) => new TextEncoder().encode(`{"a":{${range(n).map((i) => `"ü${i}":[${i}]`)}}}`),
      (bytes) => {
        const options = { what: 'JSON', maxDepth: 4, maxMemberBytes: 100, maxMemberValues: 9, nested: 'a' };
        readers.core.visitJsonMembers(bytes, options, () => undefined);
      },
    );
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeLessThan(MOST);
  });

  test('the measure sees a quadratic control', async ({ skip }) => {
    const slope = await exponent(
      (size) => '[1,2,3]'.padEnd(size),
      (json) => {
        for (let index = 0; index < json.length / 100; index++) readers.core.parseStrictJson(json);
      },
    );
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeGreaterThan(1.8);
  });
});

describe('GGUF', () => {
  /** Tensors of one 32-byte block each; `order` gives the place of a tensor in the data. */
  const withTensors = (count: number, order: (index: number) => number): Uint8Array => {
    const tensors = range(count).map((i) => ({ name: `blk.${i}`, dims: [8], type: 0, offset: 32 * order(i) }));
    return buildGguf({ tensors, dataByteLength: 32 * count });
  };
  const rows: readonly (readonly [name: string, make: (size: number) => Uint8Array])[] = [
    ['metadata entries', (n) => buildGguf({ metadata: range(n).map((i) => [`key.${i}`, TYPE.uint32, u32(i)]) })],
    ['tensors in order', (n) => withTensors(n, (index) => index)],
    ['tensors in reverse order', (n) => withTensors(n, (index) => n - 1 - index)],
    ['tensors shuffled', (n) => withTensors(n, (index) => (index * 7919) % n)],
    [
      'a vocabulary',
      (n) => buildGguf({ metadata: [['t', TYPE.array, array(TYPE.string, n, ...range(n).map((i) => text(`▁${i}`)))]] }),
    ],
    [
      'strings that end at the boundaries of the reads',
      (n) => buildGguf({ metadata: range(n / 500).map((i) => [`k${i}`, TYPE.string, text('x'.repeat(2 ** 17 - 30))]) }),
    ],
    [
      'boolean arrays',
      (n) => buildGguf({ metadata: [['b', TYPE.array, concat(array(TYPE.bool, n), new Uint8Array(n))]] }),
    ],
  ];
  test.for(rows)('%s', async ([, make], { skip }) => {
    const slope = await exponent(make, async (file) => {
      const { metadata } = await readers.gguf.readGguf(readers.core.memorySource(file));
      // Arrays are decoded when they are asked for.
      for (const entry of metadata.values()) if (entry.type === 'array') expect(entry.values.length).toBeGreaterThan(0);
    });
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeLessThan(MOST);
  });

  test('a count costs nothing until it is proven', async ({ skip }) => {
    if (counter === undefined) return skip(WHY_SKIPPED);
    const work: number[] = [];
    for (const elements of [2n ** 20n, 2n ** 40n, 2n ** 62n]) {
      const file = buildGguf({ metadata: [['t', TYPE.array, array(TYPE.string, elements)]] });
      counter.take();
      const read = readers.gguf.readGguf(readers.core.memorySource(file));
      await expect(read).rejects.toMatchObject({ code: 'GGUF_COUNT' });
      work.push(counter.take());
    }
    expect(new Set(work).size).toBe(1);
  });
});

describe('interleaved rows', () => {
  test.for(['q8', 'q4'] as const)('%s, checked in pieces', async (dtype, { skip }) => {
    const type = { dtype, scaleType: 'f32' } as const;
    // A row and, of q8, 31 columns are padding; pieces cut panels.
    const columns = dtype === 'q8' ? 33 : 32;
    const slope = await exponent(
      (n) => {
        const { panelBytes } = readers.core.panelGeometry(type, columns);
        const panels = new Uint8Array((n / 4) * panelBytes);
        const view = new DataView(panels.buffer);
        for (const row of range(2 * n - 1)) view.setFloat32((row >> 3) * panelBytes + (row & 7) * 4, 1, true);
        return { panels, shape: [2 * n - 1, columns] };
      },
      ({ panels, shape }) => {
        for (let at = 0; at < panels.length; at += 1000) {
          expect(readers.core.findPanelFault(type, shape, panels.subarray(at, at + 1000), at)).toBeUndefined();
        }
      },
    );
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeLessThan(MOST);
  });
});

describe('safetensors', () => {
  const tensors = (count: number, order: (index: number) => number): Uint8Array =>
    buildSafetensors(
      Object.fromEntries(
        range(count).map((i) => [
          `t${i}`,
          { dtype: 'F32', shape: [1], data_offsets: [4 * order(i), 4 * order(i) + 4] },
        ]),
      ),
      4 * count,
    );
  const rows: readonly (readonly [name: string, make: (size: number) => Uint8Array])[] = [
    ['tensors in order', (n) => tensors(n, (index) => index)],
    ['tensors in reverse order', (n) => tensors(n, (index) => n - 1 - index)],
    ['tensors shuffled', (n) => tensors(n, (index) => (index * 7919) % n)],
    [
      'metadata',
      (n) => buildSafetensors({ __metadata__: Object.fromEntries(range(n).map((i) => [`k${i}`, `${i}`])) }, 0),
    ],
  ];
  test.for(rows)('%s', async ([, make], { skip }) => {
    const slope = await exponent(make, (file) => readers.safetensors.readSafetensors(readers.core.memorySource(file)));
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeLessThan(MOST);
  });

  test('an index', async ({ skip }) => {
    const slope = await exponent(
      (n) =>
        JSON.stringify({ weight_map: Object.fromEntries(range(n).map((i) => [`t${i}`, `m-${i % 99}.safetensors`])) }),
      (json) => readers.safetensors.readSafetensorsIndex(json),
    );
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeLessThan(MOST);
  });
});

describe('signatures', () => {
  /** SHA-256 of nothing, and of so many digests of nothing. */
  const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const digestOf = (count: number): string =>
    createHash('sha256')
      .update(Buffer.from(EMPTY.repeat(count), 'hex'))
      .digest('hex');
  const namesOf = (count: number): string[] => range(count).map((i) => `f${i}`);

  /** A model of empty files, and a statement of them, signed. */
  async function signedModel(count: number, statement: StatementContent) {
    const { createSigner, publicKeyPem, signStatement } = readers.provenance;
    const signer = await createSigner('ed25519', new Uint8Array(32).fill(1));
    const source = readers.core.memorySource(new Uint8Array());
    return {
      files: readers.checkpoint.fileSetOf(new Map(namesOf(count).map((name) => [name, source]))),
      signature: signStatement(statement, [signer]),
      keys: [publicKeyPem(signer.publicKey)],
    };
  }
  const rows: readonly (readonly [name: string, statement: (size: number) => StatementContent])[] = [
    [
      'subjects',
      (n) => ({
        subject: namesOf(n).map((name) => ({ name, digest: { sha256: EMPTY } })),
        predicateType: 'https://example.com/any',
        predicate: {},
      }),
    ],
    [
      'resources and ignored paths',
      (n) => ({
        subject: [{ name: 'm', digest: { sha256: digestOf(n) } }],
        predicateType: 'https://model_signing/signature/v1.0',
        predicate: {
          serialization: {
            method: 'files',
            hash_type: 'sha256',
            allow_symlinks: false,
            ignore_paths: range(n).map((i) => `ignored/${i}`),
          },
          resources: namesOf(n).map((name) => ({ name, algorithm: 'sha256', digest: EMPTY })),
        },
      }),
    ],
  ];
  test.for(rows)('%s', async ([, statement], { skip }) => {
    const slope = await exponent(
      (n) => signedModel(n, statement(n)),
      async (model) => {
        const { files } = await readers.provenance.verifySignature(await model);
        expect(files.length).toBeGreaterThan(0);
      },
    );
    if (slope === undefined) return skip(WHY_SKIPPED);
    expect(slope).toBeLessThan(MOST);
  });
});
