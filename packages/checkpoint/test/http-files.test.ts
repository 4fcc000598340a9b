/** Files behind a URL: what is fetched, what is not, and what a server can do wrong. */
import { afterEach, describe, expect, it } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { array, buildGguf, f32, TYPE, text, u32 } from '../../gguf/test/_build.ts';
import { httpFiles, openConfiguration, openInventory } from '../src/index.ts';
import { GGUF_METADATA, ggufFile, ggufTensors, ggufText, ggufU32, ggufVocabulary, slm2File } from './_artifacts.ts';
import { closeServers, type Interception, type ServedFile, startFileServer } from './_file-server.ts';
import { CONFIG, errorOf, json, shardedDirectory, type TestFiles, tinyDirectory, utf8 } from './_support.ts';

afterEach(closeServers);

/** The files of a directory under `/m/`. */
function under(files: TestFiles): Record<string, ServedFile> {
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`/m/${encodeURIComponent(name)}`, bytes]));
}

const FIRST = 'bytes=0-131071';

/**
 * A GGUF of the shapes of Llama 7B in Q4_0 with its 32,000 tokens, of whose data no byte exists: whoever asks for them gets
 * an error.
 */
function gguf7b(): { readonly file: ServedFile; readonly headerBytes: number } {
  const shapes: [string, number[]][] = [
    ['token_embd.weight', [4096, 32_000]],
    ['output.weight', [4096, 32_000]],
    ['output_norm.weight', [4096]],
  ];
  for (let layer = 0; layer < 32; layer++) {
    for (const name of ['attn_q', 'attn_k', 'attn_v', 'attn_output']) {
      shapes.push([`blk.${layer}.${name}.weight`, [4096, 4096]]);
    }
    for (const name of ['ffn_gate', 'ffn_up']) shapes.push([`blk.${layer}.${name}.weight`, [4096, 11_008]]);
    shapes.push([`blk.${layer}.ffn_down.weight`, [11_008, 4096]]);
    for (const name of ['attn_norm', 'ffn_norm']) shapes.push([`blk.${layer}.${name}.weight`, [4096]]);
  }
  let end = 0;
  const tensors = shapes.map(([name, dims]) => {
    const offset = end;
    const count = dims.reduce((product, dim) => product * dim, 1);
    end += dims.length === 1 ? count * 4 : (count / 32) * 18;
    return { name, dims, type: dims.length === 1 ? 0 : 2, offset };
  });
  const tokens = Array.from({ length: 32_000 }, (_, id) => text(`▁token${id}`));
  const head = buildGguf({
    metadata: [
      ggufText('general.architecture', 'llama'),
      ggufU32('llama.context_length', 4096),
      ggufU32('llama.embedding_length', 4096),
      ggufU32('llama.block_count', 32),
      ggufU32('llama.feed_forward_length', 11_008),
      ggufU32('llama.attention.head_count', 32),
      ['llama.attention.layer_norm_rms_epsilon', TYPE.float32, f32(1e-5)],
      ['tokenizer.ggml.tokens', TYPE.array, array(TYPE.string, tokens.length, ...tokens)],
      ['tokenizer.ggml.scores', TYPE.array, array(TYPE.float32, tokens.length, ...tokens.map(() => f32(0)))],
      ['tokenizer.ggml.token_type', TYPE.array, array(TYPE.int32, tokens.length, ...tokens.map(() => u32(1)))],
    ],
    tensors,
    dataByteLength: 0,
  });
  const byteLength = head.length + end;
  const slice = (start: number, stop: number): Uint8Array => {
    const piece = new Uint8Array(stop - start);
    piece.set(head.subarray(start, stop));
    return piece;
  };
  return { file: { byteLength, slice }, headerBytes: head.length };
}

describe('a GGUF of 7 billion parameters', () => {
  it('is listed from its header alone', async () => {
    const { file, headerBytes } = gguf7b();
    const server = await startFileServer({ '/m/7b.gguf': file });
    const files = httpFiles(`${server.url}/m/7b.gguf`);
    const inventory = await openInventory(files);
    const { requests, receivedBytes } = files.traffic();
    await inventory.close();
    await files.close();
    expect(inventory.checkpoint?.model.hyperparameters.layerCount).toBe(32);
    expect(inventory.tokenizerTokens).toBe(32_000);
    expect(file.byteLength).toBeGreaterThan(3.7e9);
    // The header, in pieces that double from 128 KiB on: the last one reaches at most as far beyond it.
    expect(receivedBytes).toBeGreaterThanOrEqual(headerBytes);
    expect(receivedBytes).toBeLessThan(2 * headerBytes + 2 ** 17);
    expect(requests).toBe(server.requests.length);
    expect(requests).toBeLessThanOrEqual(6);
    console.log(
      `7B Q4_0: ${file.byteLength} bytes, header ${headerBytes}, fetched ${receivedBytes} in ${requests} requests ` +
        `(${((100 * receivedBytes) / file.byteLength).toFixed(3)} %)`,
    );
  });
});

describe('what is asked for', () => {
  it.each<[string, string, () => TestFiles | Promise<TestFiles>, string[]]>([
    ['a GGUF: itself', 'a.gguf', () => ({ 'a.gguf': ggufFile(GGUF_METADATA, ggufTensors()) }), [`/m/a.gguf ${FIRST}`]],
    ['an SLM2: itself', 'a.slm', async () => ({ 'a.slm': await slm2File() }), [`/m/a.slm ${FIRST}`]],
    [
      'safetensors: the configuration',
      'model.safetensors',
      tinyDirectory,
      [`/m/model.safetensors ${FIRST}`, '/m/config.json'],
    ],
    [
      'an index: its shards and the configuration',
      'model.safetensors.index.json',
      shardedDirectory,
      [
        '/m/model.safetensors.index.json',
        `/m/model-00001-of-00002.safetensors ${FIRST}`,
        `/m/model-00002-of-00002.safetensors ${FIRST}`,
        '/m/config.json',
      ],
    ],
    [
      'a shard: its index too',
      'model-00002-of-00002.safetensors',
      shardedDirectory,
      [
        `/m/model-00002-of-00002.safetensors ${FIRST}`,
        '/m/model.safetensors.index.json',
        `/m/model-00001-of-00002.safetensors ${FIRST}`,
        '/m/config.json',
      ],
    ],
    [
      'a folder: the usual names',
      '',
      shardedDirectory,
      [
        '/m/model.safetensors.index.json',
        `/m/model.safetensors ${FIRST}`,
        `/m/model-00001-of-00002.safetensors ${FIRST}`,
        `/m/model-00002-of-00002.safetensors ${FIRST}`,
        '/m/config.json',
      ],
    ],
  ])('for %s', async (_name, path, make, asked) => {
    const server = await startFileServer(under(await make()));
    const files = httpFiles(`${server.url}/m/${path}`);
    const inventory = await openInventory(files);
    expect(inventory.checkpoint).toBeDefined();
    await inventory.close();
    await files.close();
    expect(server.seen()).toEqual(asked);
  });

  it('for a configuration: nothing else, whole', async () => {
    const server = await startFileServer(under(tinyDirectory()));
    const files = httpFiles(`${server.url}/m/config.json`);
    expect((await openConfiguration(files))?.model?.architecture).toBe('llama');
    expect(server.seen()).toEqual(['/m/config.json']);
    expect(files.traffic()).toEqual({ requests: 1, receivedBytes: json(CONFIG).length });
  });

  it('of a split GGUF: all parts, and a missing one is named', async () => {
    const tensors = ggufTensors();
    const part = (no: number): Uint8Array => {
      const keys = [ggufU32('split.no', no), ggufU32('split.count', 2)];
      const own = tensors.filter((_, index) => index % 2 === no);
      return ggufFile(no === 0 ? [...GGUF_METADATA, ...ggufVocabulary(), ...keys] : keys, own);
    };
    const both = { 'a-00001-of-00002.gguf': part(0), 'a-00002-of-00002.gguf': part(1) };
    const server = await startFileServer(under(both));
    const inventory = await openInventory(httpFiles(`${server.url}/m/a-00002-of-00002.gguf`));
    expect(inventory.checkpoint?.tensors.size).toBe(tensors.length);
    await inventory.close();
    const { 'a-00001-of-00002.gguf': _first, ...second } = both;
    const lacking = await startFileServer(under(second));
    const error = await errorOf(openInventory(httpFiles(`${lacking.url}/m/a-00002-of-00002.gguf`)));
    expect([error.code, error.message]).toEqual(['CHECKPOINT_INCOMPLETE', 'a-00001-of-00002.gguf is missing']);
  });

  it('a query goes to the file that it was given for, and is in no message', async () => {
    const server = await startFileServer(under(tinyDirectory()));
    const files = httpFiles(`${server.url}/m/model.safetensors?signature=secret#part`);
    await (await openInventory(files)).close();
    expect(server.seen()).toEqual([`/m/model.safetensors?signature=secret ${FIRST}`, '/m/config.json']);
    expect(files.name).toBe(`${server.url}/m/model.safetensors`);
    expect(files.primary).toBe('model.safetensors');
  });

  it('names with spaces and signs are escaped', async () => {
    const name = 'a b#?%ü.gguf';
    const server = await startFileServer(under({ [name]: ggufFile(GGUF_METADATA, ggufTensors()) }));
    const files = httpFiles(`${server.url}/m/${encodeURIComponent(name)}`);
    expect(files.primary).toBe(name);
    const inventory = await openInventory(files);
    expect(inventory.files.map((file) => file.name)).toEqual([name]);
    await inventory.close();
  });

  it('headers go with every request', async () => {
    const server = await startFileServer(under(tinyDirectory()));
    const files = httpFiles(`${server.url}/m/model.safetensors`, { headers: { authorization: 'Bearer x' } });
    await (await openInventory(files)).close();
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer x', 'Bearer x']);
  });
});

describe('neighbours', () => {
  it.each([401, 403, 404, 410])('that answer %i are not there', async (status) => {
    const server = await startFileServer(under(tinyDirectory()), ({ path }, response) => {
      if (!path.endsWith('config.json')) return false;
      response.writeHead(status).end();
      return true;
    });
    const inventory = await openInventory(httpFiles(`${server.url}/m/model.safetensors`));
    expect(inventory.refusal?.message).toBe('config.json is missing');
    expect(inventory.tensors.length).toBe(21);
    await inventory.close();
  });

  it('that answer 500 are an error, and are asked again the next time', async () => {
    let status = 500;
    const server = await startFileServer(under(tinyDirectory()), ({ path }, response) => {
      if (!path.endsWith('config.json') || status === 200) return false;
      response.writeHead(status).end();
      return true;
    });
    const files = httpFiles(`${server.url}/m/model.safetensors`);
    const error = await errorOf(openInventory(files));
    expect([error.code, error.remedy]).toEqual(['SOURCE_READ', 'The server has trouble of its own: try again later.']);
    status = 200;
    await (await openInventory(files)).close();
  });
});

describe('a server that cannot serve', () => {
  const always =
    (status: number, body = ''): Interception =>
    (_request, response) => {
      response.writeHead(status).end(body);
      return true;
    };
  it.each<[string, string, Interception, string, RegExp]>([
    ['401', 'a.gguf', always(401), 'SOURCE_READ', /access/],
    ['403', 'config.json', always(403), 'SOURCE_READ', /access/],
    ['404', 'a.gguf', always(404), 'SOURCE_NOT_FOUND', /URL/],
    ['404', 'config.json', always(404), 'SOURCE_NOT_FOUND', /URL/],
    ['429', 'config.json', always(429), 'SOURCE_READ', /wait/],
    ['503', 'a.gguf', always(503), 'SOURCE_READ', /later/],
    ['418', 'config.json', always(418), 'SOURCE_READ', /try again/],
    ['no ranges', 'a.gguf', always(200, 'x'.repeat(1000)), 'SOURCE_NO_RANGES', /ranges/],
    ['JSON without end', 'config.json', always(200, ' '.repeat(11 * 2 ** 20)), 'CHECKPOINT_TOO_LARGE', /right file/],
    ['half of an answer', 'config.json', breakOff, 'SOURCE_READ', /connection/],
    ['silence', 'a.gguf', () => true, 'SOURCE_READ', /connection/],
    ['silence in the body', 'config.json', fallSilent, 'SOURCE_READ', /connection/],
  ])('%s (%s)', async (name, path, intercept, code, remedy) => {
    const server = await startFileServer({}, intercept);
    const files = httpFiles(`${server.url}/m/${path}`, name.startsWith('silence') ? { idleTimeoutMs: 100 } : {});
    const error = await errorOf(openInventory(files));
    expect(error.code).toBe(code);
    expect(error.remedy).toMatch(remedy);
    await files.close();
  });

  it('none at all', async () => {
    const server = await startFileServer({});
    await server.close();
    for (const path of ['a.gguf', 'config.json']) {
      expect((await errorOf(openInventory(httpFiles(`${server.url}/${path}`)))).code).toBe('SOURCE_READ');
    }
  });

  it('is left alone once the caller aborts', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const server = await startFileServer({}, () => {
      controller.abort(reason);
      return true;
    });
    for (const path of ['a.gguf', 'config.json']) {
      const files = httpFiles(`${server.url}/${path}`, { signal: controller.signal });
      await expect(openInventory(files)).rejects.toBe(reason);
    }
    // The second was aborted before it asked.
    expect(server.requests).toHaveLength(1);
  });
});

const breakOff: Interception = (_request, response) => {
  response.writeHead(200, { 'content-length': 100 }).write('{');
  response.destroy();
  return true;
};

const fallSilent: Interception = (_request, response) => {
  response.writeHead(200, { 'content-length': 100 }).write('{');
  return true;
};

describe('arguments', () => {
  it.each(['', 'x', 'ftp://host/a.gguf', 'file:///etc/passwd', 'https://me:secret@host/a.gguf'])('%j', (url) => {
    let message = '';
    try {
      httpFiles(url);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      ({ message } = error as Error);
    }
    expect(message).not.toBe('');
    expect(message).not.toContain('secret');
  });

  it('names lead nowhere else', async () => {
    const server = await startFileServer({ '/secret.json': utf8('{}') });
    const files = httpFiles(`${server.url}/m/a.gguf`);
    for (const name of ['../secret.json', '..', '.', '/secret.json', 'a\\b', 'a\u0000', '']) {
      await expect(files.open(name)).rejects.toThrow(RangeError);
      expect(await files.has?.(name)).toBe(false);
    }
    expect(server.requests).toEqual([]);
  });
});
