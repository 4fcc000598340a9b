/**
 * No bit of an artifact can change unnoticed, and the gate says where: one bit is flipped at each of 10,000 places of an
 * SLM2, and each time the finding names the piece that holds it. Then the same file, changed on purpose.
 */
import { admit } from '@mirust/admission';
import { type Checkpoint, type CheckpointTensor, fileSetOf } from '@mirust/checkpoint';
import { encodedSize, isMirustError, type MirustError, memorySource, rowLength, type Shape } from '@mirust/core';
import { CHUNK_BYTES } from '@mirust/integrity';
import { describeModel, type Hyperparameters } from '@mirust/model';
import { createRandom } from '@mirust/runtime';
import { readSlm2, SLM2_TENSOR_ENTRY_BYTES, type Slm2File, type Slm2Tensor, verifySlm2Data } from '@mirust/slm';
import { beforeAll, describe, expect, it } from 'vitest';
// @boundaries-ignore digests of changed files are made right where the container is tested
import { resign, sectionsOf } from '../packages/slm/test/_support.ts';
import { openModelFile, packCheckpoint, packPath, ROOT } from './support.ts';

const STORY = `${ROOT}/fixtures/story/hf`;
const FLIPS = 10_000;
const HEADER_END = 64;

/** Rules that a damaged header can break, by the field: the rest of header and table is what the root digest is for. */
const HEADER_RULES: readonly (readonly [end: number, rules: readonly string[]])[] = [
  [4, ['CHECKPOINT_FORMAT', 'SLM2_MAGIC', 'SLM1_VERSION', 'SLM1_TRUNCATED']],
  [8, ['SLM2_VERSION']],
  [16, ['SLM2_FILE_LENGTH']],
  [20, ['SLM2_SECTION_COUNT', 'SLM2_TRUNCATED', 'SLM2_ROOT_DIGEST']],
  [24, ['SLM2_FLAGS']],
  [32, ['SLM2_RESERVED']],
];

/** What must be said of a flipped bit, by the place of its byte. */
interface Expected {
  readonly rules: readonly string[];
  /** The offset that the finding names lies in this range. */
  readonly from: number;
  readonly to: number;
  readonly message: RegExp;
}

function expectedAt(file: Slm2File, position: number): Expected {
  const table = HEADER_END * (1 + file.sections.length);
  const header = HEADER_RULES.find(([end]) => position < end);
  if (header !== undefined) return { rules: header[1], from: 0, to: HEADER_END, message: /./ };
  if (position < table) return { rules: ['SLM2_ROOT_DIGEST'], from: 0, to: table, message: /root digest/ };
  const section = file.sections.find(({ offset, byteLength }) => position >= offset && position < offset + byteLength);
  if (section === undefined) {
    return { rules: ['SLM2_PADDING'], from: position, to: position + 1, message: new RegExp(`byte at ${position} `) };
  }
  const { kind, offset } = section;
  if (kind !== 'DATA') {
    return { rules: ['SLM2_SECTION_DIGEST'], from: offset, to: offset + 1, message: new RegExp(`section ${kind} `) };
  }
  const chunk = Math.floor((position - offset) / CHUNK_BYTES);
  const from = offset + chunk * CHUNK_BYTES;
  return {
    rules: ['CHUNK_DIGEST'],
    from,
    to: from + 1,
    message: new RegExp(`^chunk ${chunk} \\(bytes ${from} to [0-9]+: `),
  };
}

/** Checks what was said against what must be said; undefined where it is right. */
function mistake(file: Slm2File, position: number, rule: string, offset: number, message: string): string | undefined {
  const { rules, from, to, message: pattern } = expectedAt(file, position);
  const right = rules.includes(rule) && offset >= from && offset < to && pattern.test(message);
  return right ? undefined : `byte ${position}: ${rule} at ${offset}: ${message}`;
}

/** Places and bits, each different with high odds; the head of the file, small and full of decisions, is visited often. */
function* flips(byteLength: number, seed: number): Generator<readonly [position: number, bit: number]> {
  const random = createRandom(seed);
  for (let i = 0; i < FLIPS; i++) {
    const reach = i % 4 === 0 ? Math.min(byteLength, 384) : byteLength;
    yield [Math.floor(random() * reach), Math.floor(random() * 8)];
  }
}

/**
 * The shipped model cut down: its tokenizer, and of its weights one layer of eight channels. It says nothing sensible, but
 * has every part that the whole has, in a few kilobytes.
 */
function cutModel(checkpoint: Checkpoint): Checkpoint {
  const hyperparameters: Hyperparameters = {
    ...checkpoint.model.hyperparameters,
    hiddenSize: 8,
    layerCount: 1,
    headCount: 1,
    kvHeadCount: 1,
    headDim: 8,
    ffnSize: 16,
  };
  const model = describeModel('llama', hyperparameters);
  const tensors = model.contract.map(({ name, shape }): [string, CheckpointTensor] => {
    const whole = checkpoint.tensors.get(name);
    if (whole === undefined) throw new Error(`the shipped model has no ${name}`);
    return [name, cutTensor(whole, shape)];
  });
  return { ...checkpoint, model, tensors: new Map(tensors) };
}

/** The first rows and columns of a tensor of plain values. */
function cutTensor(whole: CheckpointTensor, shape: Shape): CheckpointTensor {
  const valueBytes = encodedSize(whole.encoding, [1]).payloadBytes;
  const wholeRowBytes = rowLength(whole.shape) * valueBytes;
  const rowBytes = rowLength(shape) * valueBytes;
  const { name, sourceName, encoding } = whole;
  return {
    name,
    sourceName,
    encoding,
    shape,
    async readRows(firstRow, rowCount, payload, scales, options) {
      const row = new Uint8Array(wholeRowBytes);
      for (let i = 0; i < rowCount; i++) {
        await whole.readRows(firstRow + i, 1, row, scales, options);
        payload.set(row.subarray(0, rowBytes), i * rowBytes);
      }
    },
  };
}

function gate(bytes: Uint8Array): ReturnType<typeof admit> {
  return admit(fileSetOf(new Map([['a.slm', memorySource(bytes, 'a.slm')]]), 'a.slm'));
}

let small: Uint8Array;

beforeAll(async () => {
  const checkpoint = await openModelFile(STORY);
  small = await packCheckpoint(cutModel(checkpoint), { quant: 'q8' });
  await checkpoint.close();
});

describe('one bit flipped in a cut of the shipped model', () => {
  it('is found by the gate each of 10,000 times, which names the piece', { timeout: 300_000 }, async () => {
    expect((await gate(small)).verdict).toBe('admitted');
    const file = await readSlm2(memorySource(small));
    const mistakes: string[] = [];
    const found = new Map<string, number>();
    for (const [position, bit] of flips(small.length, 1)) {
      small[position] = (small[position] ?? 0) ^ (1 << bit);
      const { verdict, findings } = await gate(small);
      small[position] = (small[position] ?? 0) ^ (1 << bit);
      const first = findings.find(({ severity }) => severity === 'error');
      if (verdict !== 'rejected' || first === undefined) mistakes.push(`byte ${position}, bit ${bit}: ${verdict}`);
      else {
        const wrong = mistake(file, position, first.rule, first.offset ?? -1, first.message);
        if (wrong !== undefined) mistakes.push(wrong);
        found.set(first.rule, (found.get(first.rule) ?? 0) + 1);
      }
    }
    expect(mistakes).toEqual([]);
    // Every kind of piece was hit, or the promise was not put to the test.
    const rules = ['SLM2_ROOT_DIGEST', 'SLM2_PADDING', 'SLM2_SECTION_DIGEST', 'CHUNK_DIGEST', 'SLM2_FILE_LENGTH'];
    for (const rule of rules) expect(found.get(rule), rule).toBeGreaterThan(50);
  });
});

describe('one bit flipped in the shipped model', () => {
  it('is found by the reader each of 10,000 times', { timeout: 300_000 }, async () => {
    const bytes = await packPath(STORY, { quant: 'q4' });
    const file = await readSlm2(memorySource(bytes));
    const mistakes: string[] = [];
    for (const [position, bit] of flips(bytes.length, 2)) {
      bytes[position] = (bytes[position] ?? 0) ^ (1 << bit);
      const error = await damageOf(bytes);
      bytes[position] = (bytes[position] ?? 0) ^ (1 << bit);
      const wrong =
        error === undefined
          ? `byte ${position}, bit ${bit}: nothing`
          : mistake(file, position, error.code, Number(error.offset), error.message);
      if (wrong !== undefined) mistakes.push(wrong);
    }
    expect(mistakes).toEqual([]);
  });
});

/** What reading and verifying all of a file throws. */
async function damageOf(bytes: Uint8Array): Promise<MirustError | undefined> {
  const source = memorySource(bytes);
  try {
    await verifySlm2Data(source, await readSlm2(source));
    return undefined;
  } catch (error) {
    if (isMirustError(error)) return error;
    throw error;
  }
}

describe('the file changed on purpose', () => {
  let file: Slm2File;
  beforeAll(async () => {
    file = await readSlm2(memorySource(small));
  });

  /** A changed copy; digests stay as they are. */
  function changed(change: (bytes: Uint8Array) => void): Uint8Array {
    const copy = small.slice();
    change(copy);
    return copy;
  }

  /** Rules of the errors of a report. */
  async function errors(bytes: Uint8Array): Promise<{ rule: string; tensor?: string }[]> {
    const { verdict, findings } = await gate(bytes);
    const found = findings.filter(({ severity }) => severity === 'error');
    expect(verdict).toBe(found.length > 0 ? 'rejected' : 'admitted');
    return found.map(({ rule, tensor }) => ({ rule, ...(tensor === undefined ? {} : { tensor }) }));
  }

  /** Writes another name of the same length and rank over the name of a tensor, in TENS or META. */
  function rename(bytes: Uint8Array, section: 'TENS' | 'META', from: string, to: string): void {
    const place = sectionsOf(bytes).get(section) ?? { offset: 0, byteLength: 0 };
    const content = Buffer.from(bytes.buffer, bytes.byteOffset + place.offset, place.byteLength);
    const at = content.indexOf(section === 'META' ? `"${from}":` : from);
    expect(at).toBeGreaterThanOrEqual(0);
    content.write(to, at + (section === 'META' ? 1 : 0), 'latin1');
  }

  it('a tensor renamed', async () => {
    const plain = changed((bytes) => rename(bytes, 'TENS', 'norm.weight', 'norn.weight'));
    expect(await errors(plain)).toEqual([{ rule: 'SLM2_SECTION_DIGEST' }]);
  });

  it('a tensor renamed, digests made right', async () => {
    const sealed = resign(changed((bytes) => rename(bytes, 'TENS', 'tok_embeddings.weight', 'tok_embeddings.weighs')));
    expect(await errors(sealed)).toEqual([{ rule: 'SLM2_META_TENSORS', tensor: 'tok_embeddings.weighs' }]);
  });

  it('a tensor renamed in table and META, digests made right', async () => {
    const sealed = resign(
      changed((bytes) => {
        rename(bytes, 'TENS', 'tok_embeddings.weight', 'tok_embeddings.weighs');
        rename(bytes, 'META', 'tok_embeddings.weight', 'tok_embeddings.weighs');
      }),
    );
    const found = await errors(sealed);
    expect(found).toContainEqual({ rule: 'MODEL_TENSOR_MISSING', tensor: 'tok_embeddings.weight' });
    expect(found).toContainEqual({ rule: 'MODEL_TENSOR_UNKNOWN', tensor: 'tok_embeddings.weighs' });
  });

  /** Two tensors of the same shape whose bytes differ. */
  function twins(): readonly [Slm2Tensor, Slm2Tensor] {
    const [first, second] = ['layers.0.wq.weight', 'layers.0.wo.weight'].map((name) => file.tensorsByName.get(name));
    if (first === undefined || second === undefined) throw new Error('the cut has no such tensors');
    expect(first.shape).toEqual(second.shape);
    expect(first.sha256).not.toBe(second.sha256);
    return [first, second];
  }

  /** Exchanges payloads and scales. */
  function swapPayloads(bytes: Uint8Array): void {
    const [first, second] = twins();
    swap(bytes, first.offset, second.offset, first.byteLength);
    swap(bytes, first.scaleOffset, second.scaleOffset, first.scaleByteLength);
  }

  function swap(bytes: Uint8Array, one: number, two: number, byteLength: number): void {
    const kept = bytes.slice(one, one + byteLength);
    bytes.copyWithin(one, two, two + byteLength);
    bytes.set(kept, two);
  }

  it('the payloads of two tensors swapped', async () => {
    expect(await errors(changed(swapPayloads))).toEqual([{ rule: 'CHUNK_DIGEST' }]);
  });

  it('payloads swapped, digests of chunks and sections made right', async () => {
    const [tensor] = twins().toSorted((a, b) => a.offset - b.offset);
    expect(await errors(resign(changed(swapPayloads)))).toEqual([{ rule: 'SLM2_TENSOR_DIGEST', tensor: tensor?.name }]);
  });

  it('payloads swapped and every digest made right: another artifact, which its name says', async () => {
    const [first, second] = twins();
    const sealed = resign(
      changed((bytes) => {
        swapPayloads(bytes);
        const table = sectionsOf(bytes).get('TENS')?.offset ?? 0;
        const digestAt = ({ name }: Slm2Tensor): number =>
          table + file.tensors.findIndex((tensor) => tensor.name === name) * SLM2_TENSOR_ENTRY_BYTES + 80;
        swap(bytes, digestAt(first), digestAt(second), 32);
      }),
    );
    const { verdict, artifact } = await gate(sealed);
    expect(verdict).toBe('admitted');
    expect(artifact.rootDigest).not.toBe(file.rootDigest);
  });
});
