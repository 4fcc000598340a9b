import { readFileSync } from 'node:fs';
import { type ByteSource, memorySource } from '@mirust/core';
import { describe, expect, test } from 'vitest';
import { openSharded, readSafetensorsIndex, SAFETENSORS_WARNINGS } from '../src/index.ts';
import { buildSafetensors } from './_build.ts';

const ORACLES = new URL('../../../fixtures/oracles/containers/', import.meta.url);

/** Files in memory that remember what was opened and closed. */
function folder(files: Record<string, Uint8Array>): {
  open: (file: string) => Promise<ByteSource>;
  opened: string[];
  closed: string[];
} {
  const opened: string[] = [];
  const closed: string[] = [];
  const open = async (file: string): Promise<ByteSource> => {
    const bytes = files[file];
    if (bytes === undefined) throw new Error(`no ${file}`);
    opened.push(file);
    return {
      ...memorySource(bytes, file),
      async close() {
        closed.push(file);
      },
    };
  };
  return { open, opened, closed };
}

/** A file of tensors of one byte each. */
function shard(...names: string[]): Uint8Array {
  const entries = names.map((name, index) => [name, { dtype: 'U8', shape: [1], data_offsets: [index, index + 1] }]);
  return buildSafetensors(Object.fromEntries(entries), names.length);
}

function indexOf(weightMap: Record<string, string>, metadata?: object): ReturnType<typeof readSafetensorsIndex> {
  return readSafetensorsIndex(JSON.stringify({ metadata, weight_map: weightMap }));
}

const A = 'a.safetensors';
const B = 'b.safetensors';

describe('a model of several files', () => {
  test('the one that the safetensors package wrote', async () => {
    const index = readSafetensorsIndex(readFileSync(new URL('model.safetensors.index.json', ORACLES)));
    expect(index.files).toEqual([1, 2, 3].map((number) => `model-0000${number}-of-00003.safetensors`));
    const model = await openSharded(index, async (file) => memorySource(readFileSync(new URL(file, ORACLES)), file));
    expect(model.tensors.map(({ name, file }) => `${file} ${name}`)).toEqual(
      [1, 2, 3, 4, 5, 6].map((layer) => {
        return `model-0000${Math.ceil(layer / 2)}-of-00003.safetensors model.layers.${layer}.weight`;
      }),
    );
    expect(model.tensorsByName.get('model.layers.6.weight')).toMatchObject({ dtype: 'bf16', shape: [4, 6] });
    expect(model.warnings).toEqual([]);
    expect([...model.shards.keys()]).toEqual(index.files);
    expect(index.metadata.get('total_size')).toBe(168);
  });

  test('sources stay open for the caller, and are closed once', async () => {
    const files = folder({ [A]: shard('x'), [B]: shard('y') });
    const model = await openSharded(indexOf({ y: B, x: A }), files.open);
    expect(files.opened).toEqual([A, B]);
    expect(files.closed).toEqual([]);
    await model.close();
    await model.close();
    expect(files.closed).toEqual([A, B]);
  });

  test.for([
    [
      'absent from its file',
      { [A]: shard('x'), [B]: shard('z') },
      { x: A, y: B, z: B },
      'SAFETENSORS_SHARD_MISSING_TENSOR',
      B,
    ],
    [
      'unknown to the index',
      { [A]: shard('x', 'w'), [B]: shard('y') },
      { x: A, y: B },
      'SAFETENSORS_SHARD_EXTRA_TENSOR',
      A,
    ],
    ['in two files', { [A]: shard('x'), [B]: shard('y', 'x') }, { x: A, y: B }, 'SAFETENSORS_SHARD_DUPLICATE', B],
    [
      'in another file than the index says',
      { [A]: shard('x', 'y'), [B]: shard('z') },
      { x: A, y: B, z: B },
      'SAFETENSORS_SHARD_DUPLICATE',
      A,
    ],
    [
      'in a damaged file',
      { [A]: shard('x'), [B]: shard('y').subarray(0, 40) },
      { x: A, y: B },
      'SAFETENSORS_HEADER_LENGTH',
      B,
    ],
  ] as const)('a tensor %s', async ([, bytes, weightMap, code, file]) => {
    const files = folder(bytes);
    const error = await openSharded(indexOf(weightMap), files.open).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code, context: { file }, message: expect.stringContaining(file) });
    expect(files.closed.sort()).toEqual(files.opened.sort());
  });

  test('a file that is not there: the error of `open`, and nothing left open', async () => {
    const files = folder({ [A]: shard('x') });
    await expect(openSharded(indexOf({ x: A, y: B }), files.open)).rejects.toThrow(`no ${B}`);
    expect(files.closed).toEqual([A]);
  });

  test('SAFETENSORS_TOTAL_SIZE where the index states another size', async () => {
    expect(Object.keys(SAFETENSORS_WARNINGS)).toEqual(['SAFETENSORS_TOTAL_SIZE']);
    for (const [total_size, codes] of [
      [1, []],
      [2, ['SAFETENSORS_TOTAL_SIZE']],
      ['1', ['SAFETENSORS_TOTAL_SIZE']],
      [undefined, []],
    ] as const) {
      const model = await openSharded(indexOf({ x: A }, { total_size }), folder({ [A]: shard('x') }).open);
      expect(model.warnings.map(({ code }) => code)).toEqual(codes);
    }
  });

  test('stops between files when it is told to', async () => {
    const controller = new AbortController();
    const files = folder({ [A]: shard('x'), [B]: shard('y') });
    const open = async (file: string): Promise<ByteSource> => {
      if (file === B) controller.abort(new Error('enough'));
      return files.open(file);
    };
    await expect(openSharded(indexOf({ x: A, y: B }), open, { signal: controller.signal })).rejects.toThrow('enough');
    expect(files.closed).toEqual([A, B]);
  });
});
