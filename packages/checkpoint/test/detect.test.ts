/** Which format a file is of: every line of the allow-list, everything that is refused, and what lies between. */
import { type ByteSource, memorySource } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../src/index.ts';
import { ggufFile, llama2cFile, slm1File, slm2File } from './_artifacts.ts';
import { errorOf, json, safetensors, tinyTensors, utf8 } from './_support.ts';

function detect(bytes: Uint8Array, name = 'file'): Promise<string> {
  return detectFormat(memorySource(bytes, name));
}

/** Latin-1 text as bytes, padded with `fill` to a length. */
function head(text: string, length = 64, fill = 1): Uint8Array {
  const bytes = new Uint8Array(length).fill(fill);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A safetensors file whose header has exactly this many bytes. */
function safetensorsWithHeader(byteLength: number): Uint8Array {
  const file = safetensors([{ name: 'a', shape: [1], bytes: new Uint8Array(4) }]);
  const header = file.subarray(8, file.length - 4);
  const padded = new Uint8Array(8 + byteLength + 4);
  padded.fill(0x20, 8, 8 + byteLength);
  padded.set(header, 8);
  new DataView(padded.buffer).setBigUint64(0, BigInt(byteLength), true);
  return padded;
}

/** A llama2.c file of version 0 with these sizes; its data are zeros. */
function legacyLlama2c(dim: number, layers: number, heads: number, vocabulary: number): Uint8Array {
  const [hidden, kvHeads, context] = [2, heads, 2];
  const kv = (dim / heads) * kvHeads;
  const layer = 2 * dim + 2 * dim * dim + 2 * kv * dim + 3 * dim * hidden;
  const values = vocabulary * dim + layers * layer + dim + context * (dim / heads);
  const file = new Uint8Array(28 + values * 4);
  const fields = Int32Array.of(dim, hidden, layers, heads, kvHeads, vocabulary, context);
  file.set(new Uint8Array(fields.buffer));
  return file;
}

describe('formats that are read', () => {
  it.each<[string, string, () => Uint8Array | Promise<Uint8Array>]>([
    ['slm1', 'an SLM1 file', slm1File],
    ['slm2', 'an SLM2 file', slm2File],
    ['gguf', 'a GGUF file', () => ggufFile([], [])],
    ['gguf', 'a big-endian GGUF, which its reader refuses by name', () => head('FUGG')],
    ['safetensors', 'a safetensors file', () => safetensors(tinyTensors())],
    ['safetensors', 'a safetensors file of nothing but an empty header', () => head('\x02\0\0\0\0\0\0\0{}', 10)],
    ['llama2c', 'llama2.c version 0', () => llama2cFile({ version: 0 })],
    ['llama2c', 'llama2.c version 0 without tying', () => llama2cFile({ version: 0, tied: false })],
    ['llama2c', 'llama2.c version 1', () => llama2cFile({ version: 1 })],
    ['json', 'an object', () => json({ a: 1 })],
    ['json', 'an empty object', () => utf8('{}')],
    ['json', 'a lone brace', () => utf8('{')],
    ['json', 'an object behind whitespace', () => utf8('\n\t  \r\n{ "a": 1 }')],
    ['json', 'an object behind a screenful of spaces', () => utf8(`${' '.repeat(400)}{\n\n"a": 1 }`)],
  ])('%s: %s', async (format, _what, make) => {
    expect(await detect(await make())).toBe(format);
  });

  it('by content: names do not count', async () => {
    expect(await detect(safetensors(tinyTensors()), 'model.gguf')).toBe('safetensors');
    expect(await detect(ggufFile([], []), 'model.safetensors')).toBe('gguf');
    expect(await detect(utf8('{}'), 'pytorch_model.bin')).toBe('json');
  });
});

describe('short magics inside formats that are read', () => {
  it.each([
    [0x7b, 'the brace of JSON'],
    [0x227b, 'the brace and quote of JSON'],
    [0x280, 'a pickle of protocol 2'],
    [0x580, 'a pickle of protocol 5'],
    [0x8b1f, 'gzip'],
    [0x4b50, 'zip'],
    [0x7a37, '7z'],
  ])('a safetensors header of %i bytes starts like %s', async (byteLength) => {
    expect(await detect(safetensorsWithHeader(byteLength))).toBe('safetensors');
  });

  it('a llama2.c model 640 wide starts like a pickle', async () => {
    const file = legacyLlama2c(640, 1, 2, 4);
    expect([...file.subarray(0, 2)]).toEqual([0x80, 0x02]);
    expect(await detect(file)).toBe('llama2c');
  });

  it('a llama2.c model with 123 layers has a brace where safetensors has one', async () => {
    const file = legacyLlama2c(4, 123, 2, 4);
    expect(file[8]).toBe(0x7b);
    expect(await detect(file)).toBe('llama2c');
  });

  it('a llama2.c model 32 wide starts with a space', async () => {
    expect(await detect(legacyLlama2c(0x20, 1, 2, 4))).toBe('llama2c');
  });

  it('sizes that do not add up to the file are no llama2.c', async () => {
    const file = legacyLlama2c(8, 1, 2, 4);
    expect((await errorOf(detect(file.subarray(0, file.length - 1)))).code).toBe('CHECKPOINT_FORMAT');
  });
});

describe('damaged safetensors files', () => {
  it('of 1 to 8 bytes go to their reader by name, and are unknown without it', async () => {
    for (let length = 1; length <= 8; length++) {
      const bytes = new Uint8Array(length).fill(7);
      expect(await detect(bytes, 'model.safetensors')).toBe('safetensors');
      expect(await detect(bytes, 'MODEL.SAFETENSORS')).toBe('safetensors');
      expect((await errorOf(detect(bytes))).code).toBe('CHECKPOINT_FORMAT');
    }
  });

  it('with a length beyond their end go to their reader by name', async () => {
    const file = safetensors(tinyTensors()).subarray(0, 200);
    expect(await detect(file, 'model.safetensors')).toBe('safetensors');
    expect((await errorOf(detect(file))).code).toBe('CHECKPOINT_FORMAT');
  });
});

describe('what is refused', () => {
  it.each([
    ['a zip archive', head('PK\x03\x04')],
    ['an empty zip archive', head('PK\x05\x06', 22, 0)],
    ['a gzip archive', head('\x1f\x8b\x08')],
    ['a bzip2 archive', head('BZh91AY&SY')],
    ['an xz archive', head('\xfd7zXZ\0')],
    ['a zstd archive', head('\x28\xb5\x2f\xfd')],
    ['a 7z archive', head('7z\xbc\xaf\x27\x1c')],
    ['an HDF5 file', head('\x89HDF\r\n\x1a\n')],
    ['a tar archive', head(`${'name'.padEnd(257, '\0')}ustar\x0000`, 512, 0)],
    ['a pickle (protocol 2)', head('\x80\x02}q\x00.')],
    ['a pickle (protocol 3)', head('\x80\x03}q\x00.')],
    ['a pickle (protocol 4)', head('\x80\x04\x95')],
    ['a pickle (protocol 5)', head('\x80\x05\x95')],
    ['a pickle (protocol 2)', head('\x80\x02')],
  ])('%s', async (what, bytes) => {
    for (const name of ['model.safetensors', 'model.bin', 'config.json']) {
      const error = await errorOf(detect(bytes, name));
      expect(error.code).toBe('CHECKPOINT_PICKLE');
      expect(error.message).toContain(what);
      expect(error.offset).toBe(0);
    }
  });

  it.each([
    ['a pickle of protocol 0', utf8('(dp0\nVa\np1\nI1\ns.')],
    ['a pickle of protocol 0 that would call a function', utf8('cos\nsystem\n(S"true"\ntR.')],
    ['a pickle of protocol 1', utf8('}q\0X\x01\0\0\0aq\x01K\x01s.')],
    ['an ELF file', head('\x7fELF\x02\x01\x01')],
    ['a Windows program', head('MZ\x90')],
    ['a PNG', head('\x89PNG\r\n\x1a\n')],
    ['a NumPy array', head('\x93NUMPY\x01')],
    ['a web page', utf8('<!DOCTYPE html><html></html>')],
    ['a JSON array', utf8('[1, 2]')],
    ['a JSON string', utf8('"text"')],
    ['JSON with a byte-order mark', utf8('\ufeff{"a":1}')],
    ['UTF-16 JSON', new Uint8Array(Uint16Array.from('{"a":1}', (c) => c.charCodeAt(0)).buffer)],
    ['a brace and bytes', head('{\0\0\0')],
    ['one byte', head('S', 1)],
    ['three letters of a magic', utf8('GGU')],
    ['zeros', new Uint8Array(600)],
    ['the magic of an SLM container that is not there yet', utf8('SLM3')],
  ])('%s is unknown', async (_what, bytes) => {
    const error = await errorOf(detect(bytes));
    expect(error.code).toBe('CHECKPOINT_FORMAT');
    expect(error.class).toBe('unsupported');
  });

  it('an empty file', async () => {
    const error = await errorOf(detect(new Uint8Array(0)));
    expect([error.code, error.class]).toEqual(['CHECKPOINT_EMPTY', 'structure']);
  });

  it('names are made safe to show', async () => {
    const { message } = await errorOf(detect(new Uint8Array(0), 'evil\u001b[31m\u202e.bin'));
    expect(message).toBe('evil\\u{1b}[31m\\u{202e}.bin is empty');
  });
});

it('reads a bounded head, whatever the file', async () => {
  const reads: number[] = [];
  const source: ByteSource = {
    name: 'huge',
    byteLength: 2 ** 50,
    async readInto(_offset, target) {
      reads.push(target.byteLength);
    },
    async close() {},
  };
  expect((await errorOf(detectFormat(source))).code).toBe('CHECKPOINT_FORMAT');
  expect(reads).toEqual([512]);
});

it('honours an abort', async () => {
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await expect(detectFormat(memorySource(utf8('{}')), { signal })).rejects.toBe(reason);
});
