/** llama2.c files: where every tensor lies in both versions, and headers that cannot be. */
import { describe, expect, it } from 'vitest';
import { openCheckpoint, readWholeTensor } from '../src/index.ts';
import { llama2cFile } from './_artifacts.ts';
import { errorOf, f32Values, watchedFiles } from './_support.ts';

function files(bytes: Uint8Array) {
  return watchedFiles({ 'model.bin': bytes }, 'model.bin');
}

/** First and last value of every tensor; the values of a test file are their own indices. */
async function spans(bytes: Uint8Array): Promise<Record<string, [number, number]>> {
  const watched = files(bytes);
  const checkpoint = await openCheckpoint(watched);
  const found: Record<string, [number, number]> = {};
  for (const [name, tensor] of checkpoint.tensors) {
    const values = f32Values((await readWholeTensor(tensor)).payload);
    expect(values.every((value, index) => value === (values[0] ?? 0) + index)).toBe(true);
    found[name] = [values[0] ?? -1, values.at(-1) ?? -1];
  }
  await checkpoint.close();
  expect(watched.openCount()).toBe(0);
  return found;
}

/** The tensors of the test file in this order of kinds, one behind the other. */
function expectedSpans(
  order: readonly string[],
  gapBeforeOutput: number,
  tied: boolean,
): Record<string, [number, number]> {
  const sizes: Record<string, number> = {
    tok_embeddings: 96,
    output: 96,
    norm: 8,
    attn_norm: 8,
    ffn_norm: 8,
    wq: 64,
    wk: 32,
    wv: 32,
    wo: 64,
    w1: 48,
    w2: 48,
    w3: 48,
  };
  const found: Record<string, [number, number]> = {};
  let at = 0;
  const place = (name: string, kind: string): void => {
    found[name] = [at, at + (sizes[kind] ?? 0) - 1];
    at += sizes[kind] ?? 0;
  };
  for (const kind of order) {
    if (kind === 'tok_embeddings' || kind === 'norm') place(`${kind}.weight`, kind);
    else for (const layer of [0, 1]) place(`layers.${layer}.${kind}.weight`, kind);
  }
  at += gapBeforeOutput;
  if (!tied) place('output.weight', 'output');
  return found;
}

/** `legacy_export` and `version1_export` of karpathy/llama2.c's export.py. */
const LEGACY = ['tok_embeddings', 'attn_norm', 'wq', 'wk', 'wv', 'wo', 'ffn_norm', 'w1', 'w2', 'w3', 'norm'];
const VERSION_1 = ['attn_norm', 'ffn_norm', 'norm', 'tok_embeddings', 'wq', 'wk', 'wv', 'wo', 'w1', 'w2', 'w3'];
/** Two tables of 16 positions with one f32 per pair of a head of 2. */
const ROPE_VALUES = 2 * 16;

describe('tensors lie where the exporter put them', () => {
  it.each([true, false])('version 0, tied: %s', async (tied) => {
    expect(await spans(llama2cFile({ version: 0, tied }))).toEqual(expectedSpans(LEGACY, ROPE_VALUES, tied));
  });

  it.each([true, false])('version 1, tied: %s', async (tied) => {
    expect(await spans(llama2cFile({ version: 1, tied }))).toEqual(expectedSpans(VERSION_1, 0, tied));
  });

  it.each([0, 1] as const)('version %i describes the model', async (version) => {
    const checkpoint = await openCheckpoint(files(llama2cFile({ version, tied: false })));
    expect(checkpoint.format).toBe('llama2c');
    expect(checkpoint.model.hyperparameters).toEqual({
      vocabSize: 12,
      hiddenSize: 8,
      layerCount: 2,
      headCount: 4,
      kvHeadCount: 2,
      headDim: 2,
      ffnSize: 6,
      maxContext: 16,
      ropeTheta: 10_000,
      rmsNormEpsilon: 1e-5,
      tiedOutput: false,
    });
    await checkpoint.verify();
    expect(await checkpoint.readTokenizer()).toBeUndefined();
    await checkpoint.close();
  });
});

describe('headers that cannot be', () => {
  /** A version-1 file with some fields replaced: [field, value]. */
  function changed(...fields: readonly (readonly [number, number])[]): Uint8Array {
    const file = llama2cFile({ version: 1 });
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    for (const [field, value] of fields) view.setInt32(8 + 4 * field, value, true);
    return file;
  }

  function withVersion(version: number): Uint8Array {
    const file = llama2cFile({ version: 1 });
    new DataView(file.buffer).setInt32(4, version, true);
    return file;
  }

  it.each([2, 3, -1, 2 ** 31 - 1])('version %i is refused by name', async (version) => {
    const error = await errorOf(openCheckpoint(files(withVersion(version))));
    expect([error.code, error.class, error.offset]).toEqual(['LLAMA2C_VERSION', 'unsupported', 4]);
    expect(error.message).toContain(`version ${version}`);
    expect(error.remedy).toContain('version 0 or 1');
  });

  it('version 2 says what it is', async () => {
    expect((await errorOf(openCheckpoint(files(withVersion(2))))).message).toContain('8-bit');
  });

  it.each<[string, Uint8Array]>([
    ['the magic with version 0', withVersion(0)],
    ['dim 0', changed([0, 0])],
    ['dim that does not divide by heads', changed([0, 9])],
    ['heads of an odd size', changed([3, 8])],
    ['no layers', changed([2, 0])],
    ['more layers than any model', changed([2, 2 ** 12 + 1])],
    ['heads that do not divide by those for keys', changed([4, 3])],
    ['no heads for keys', changed([4, 0])],
    ['a negative vocabulary in version 1', changed([5, -12])],
    ['the smallest vocabulary there is', changed([5, -(2 ** 31)])],
    ['a sequence length of 0', changed([6, 0])],
    ['sizes whose product passes 2^53', changed([0, 2 ** 24], [1, 2 ** 24], [2, 4096])],
    ['a vocabulary that does not add up to the file', changed([5, 13])],
    ['one byte less', llama2cFile({ version: 1 }).subarray(0, -1)],
    ['a file that ends in its header', llama2cFile({ version: 1 }).subarray(0, 100)],
    ['a file that ends behind its header', llama2cFile({ version: 1 }).subarray(0, 256)],
  ])('%s', async (_what, bytes) => {
    const watched = files(bytes);
    const error = await errorOf(openCheckpoint(watched));
    expect([error.code, error.class]).toEqual(['LLAMA2C_HEADER', 'structure']);
    expect(error.offset).toBeDefined();
    expect(watched.openCount()).toBe(0);
  });

  it('a classifier that is neither shared nor not', async () => {
    const file = llama2cFile({ version: 1 });
    file[36] = 2;
    expect((await errorOf(openCheckpoint(files(file)))).code).toBe('LLAMA2C_HEADER');
  });

  it('anything in the padding, with its offset', async () => {
    for (const at of [37, 255]) {
      const file = llama2cFile({ version: 1 });
      file[at] = 1;
      const error = await errorOf(openCheckpoint(files(file)));
      expect([error.code, error.offset]).toEqual(['LLAMA2C_HEADER', at]);
    }
  });

  it('states how long the file should be', async () => {
    const file = llama2cFile({ version: 1 });
    const { context } = await errorOf(openCheckpoint(files(file.subarray(0, -4))));
    expect([context.expected, context.actual]).toEqual([file.length, file.length - 4]);
  });

  it('version 0 has no magic: sizes that do not add up make it an unknown file', async () => {
    const file = llama2cFile({ version: 0 }).subarray(0, -1);
    expect((await errorOf(openCheckpoint(files(file)))).code).toBe('CHECKPOINT_FORMAT');
  });
});
