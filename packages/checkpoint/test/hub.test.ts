/** Models by their names on the Hub; a server on this machine stands in for it. */
import { afterEach, describe, expect, it } from 'vitest';
import { type HubOptions, hubFiles, openConfiguration, openInventory } from '../src/index.ts';
import { GGUF_METADATA, ggufFile, ggufTensors } from './_artifacts.ts';
import { closeServers, type FileServer, type Interception, type ServedFile, startFileServer } from './_file-server.ts';
import { CONFIG, errorOf, json, shardedDirectory, type TestFiles, tinyDirectory, utf8 } from './_support.ts';

afterEach(closeServers);

const TOKEN = 'hf_SecretOfSomebody';
const FIRST = 'bytes=0-131071';
const GGUF = ggufFile(GGUF_METADATA, ggufTensors());
const API = '/api/models/org/model/revision/main';

/** A Hub with one model: its files by their paths in the repository. */
async function startHub(
  files: TestFiles,
  intercept?: Interception,
  listing: unknown = { siblings: Object.keys(files).map((rfilename) => ({ rfilename })) },
): Promise<FileServer> {
  const served: Record<string, ServedFile> = {};
  for (const revision of ['main', 'v1.0']) {
    served[`/api/models/org/model/revision/${revision}`] = listing instanceof Uint8Array ? listing : json(listing);
    for (const [path, bytes] of Object.entries(files)) {
      const escaped = path.split('/').map(encodeURIComponent).join('/');
      served[`/org/model/resolve/${revision}/${escaped}`] = bytes;
    }
  }
  return startFileServer(served, intercept);
}

function optionsFor(server: FileServer, more: HubOptions = {}): HubOptions {
  return { endpoint: server.url, ...more };
}

describe('what is fetched', () => {
  it.each<[string, TestFiles, string[]]>([
    [
      'one safetensors',
      { ...tinyDirectory(), 'tokenizer.json': utf8('{}'), 'README.md': utf8('#') },
      [`/org/model/resolve/main/model.safetensors ${FIRST}`, '/org/model/resolve/main/config.json'],
    ],
    [
      'shards',
      { ...shardedDirectory(), 'x.gguf': GGUF, 'generation_config.json': utf8('{}') },
      [
        '/org/model/resolve/main/model.safetensors.index.json',
        `/org/model/resolve/main/model-00001-of-00002.safetensors ${FIRST}`,
        `/org/model/resolve/main/model-00002-of-00002.safetensors ${FIRST}`,
        '/org/model/resolve/main/config.json',
      ],
    ],
    [
      'a lone safetensors of another name',
      { 'adapter_model.safetensors': tinyDirectory()['model.safetensors'] ?? GGUF },
      [`/org/model/resolve/main/adapter_model.safetensors ${FIRST}`],
    ],
    [
      'the one GGUF',
      { 'README.md': utf8('#'), 'q4/a b.gguf': GGUF, 'pytorch_model.bin': utf8('PK\x03\x04') },
      [`/org/model/resolve/main/q4/a%20b.gguf ${FIRST}`],
    ],
  ])('of a model with %s', async (_name, files, asked) => {
    const server = await startHub(files);
    const found = await hubFiles('hf:org/model', optionsFor(server));
    const inventory = await openInventory(found);
    await inventory.close();
    await found.close();
    expect(server.seen()).toEqual([API, ...asked]);
    expect(found.name).toBe('hf:org/model');
  });

  it('of a split GGUF: its parts, which count as one file', async () => {
    const parts = { 'q8/m-00001-of-00002.gguf': GGUF, 'q8/m-00002-of-00002.gguf': GGUF };
    const server = await startHub(parts);
    const files = await hubFiles('hf:org/model', optionsFor(server));
    expect(files.primary).toBe('m-00001-of-00002.gguf');
    expect(files.names).toEqual(['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf']);
  });

  it('of a file that is named: no listing', async () => {
    const server = await startHub({ 'sub/a.gguf': GGUF });
    const files = await hubFiles('hf:org/model@v1.0/sub/a.gguf', optionsFor(server));
    await (await openInventory(files)).close();
    expect(server.seen()).toEqual([`/org/model/resolve/v1.0/sub/a.gguf ${FIRST}`]);
    expect(files.name).toBe('hf:org/model@v1.0');
  });

  it('of a configuration that is named: it alone', async () => {
    const server = await startHub(tinyDirectory());
    const files = await hubFiles('hf:org/model/config.json', optionsFor(server));
    expect((await openConfiguration(files))?.model?.architecture).toBe('llama');
    expect(files.traffic()).toEqual({ requests: 1, receivedBytes: json(CONFIG).length });
  });

  it('from a mirror below a path, of another revision', async () => {
    const server = await startFileServer({
      '/mirror/hf/api/models/org/model/revision/v1.0': json({ siblings: [{ rfilename: 'a.gguf' }] }),
      '/mirror/hf/org/model/resolve/v1.0/a.gguf': GGUF,
    });
    for (const end of ['', '/']) {
      const files = await hubFiles('hf:org/model@v1.0', { endpoint: `${server.url}/mirror/hf${end}` });
      await (await openInventory(files)).close();
    }
    expect(server.requests).toHaveLength(4);
  });
});

describe('the token', () => {
  it('goes to the Hub, and to nobody whom the Hub redirects to', async () => {
    const store = await startFileServer({ '/blob': GGUF, '/config': json(CONFIG) });
    const redirect: Interception = ({ path }, response) => {
      const to = path.endsWith('.gguf') ? '/blob' : path.endsWith('config.json') ? '/config' : undefined;
      if (to === undefined) return false;
      response.writeHead(302, { location: `${store.url}${to}?signature=1` }).end();
      return true;
    };
    const server = await startHub({ 'a.gguf': GGUF }, redirect);
    const files = await hubFiles('hf:org/model', optionsFor(server, { token: TOKEN }));
    const inventory = await openInventory(files);
    expect(inventory.tensors.length).toBe(ggufTensors().length);
    await inventory.close();
    const configuration = await hubFiles('hf:org/model/config.json', optionsFor(server, { token: TOKEN }));
    expect(await openConfiguration(configuration)).toBeDefined();
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(
      server.requests.map(() => `Bearer ${TOKEN}`),
    );
    // Another port is another origin.
    expect(store.seen()).toEqual([`/blob?signature=1 ${FIRST}`, '/config?signature=1']);
    expect(JSON.stringify(store.requests)).not.toContain(TOKEN);
  });

  it('goes along where the Hub redirects to itself', async () => {
    const server = await startHub({ 'a.gguf': GGUF }, ({ path }, response) => {
      if (!path.startsWith('/org/model/resolve')) return false;
      response.writeHead(307, { location: '/elsewhere' }).end();
      return true;
    });
    await errorOf(hubFiles('hf:org/model', optionsFor(server, { token: TOKEN })).then((files) => openInventory(files)));
    expect(server.requests.at(-1)).toMatchObject({
      path: '/elsewhere',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
  });

  it.each([401, 403, 404, 429, 500])('is in no error of HTTP %i', async (status) => {
    const server = await startHub({}, (_request, response) => {
      response.writeHead(status).end(TOKEN);
      return true;
    });
    const error = await errorOf(hubFiles('hf:org/model', optionsFor(server, { token: TOKEN })));
    expect(`${error.message} ${error.remedy} ${error.stack} ${JSON.stringify(error)} ${error.cause}`).not.toContain(
      TOKEN,
    );
  });

  it.each([`${TOKEN}\n`, `${TOKEN} x`, `${TOKEN}ü`, ''])(
    'that cannot be one is not sent, and not shown: %j',
    async (token) => {
      const server = await startHub({});
      const result = await hubFiles('hf:org/model', optionsFor(server, { token })).catch((error: unknown) => error);
      expect(result).toBeInstanceOf(RangeError);
      expect(String(result)).not.toContain(TOKEN);
      expect(server.requests).toEqual([]);
    },
  );
});

describe('what cannot be chosen', () => {
  it('several GGUF are listed, safely and within bounds', async () => {
    const names = ['a.gguf', 'b\u202e[31m.gguf', ...Array.from({ length: 500 }, (_, i) => `q${i}.gguf`)];
    const server = await startHub(Object.fromEntries(names.map((name) => [name, utf8('')])));
    const error = await errorOf(hubFiles('hf:org/model', optionsFor(server)));
    expect(error.code).toBe('HUB_CHOICE');
    expect(error.message).toMatch(
      /^hf:org\/model has 502 files to choose from: a\.gguf, b\\u\{202e\}\[31m\.gguf, q0\.gguf, .* and \d+ more$/,
    );
    expect(error.message.length).toBeLessThan(400);
    expect(error.remedy).toBe('Name the file: hf:org/model/a.gguf');
  });

  it('several safetensors of other names', async () => {
    const server = await startHub({ 'a.safetensors': utf8(''), 'b.safetensors': utf8(''), 'c.gguf': GGUF });
    const error = await errorOf(hubFiles('hf:org/model@v1.0', optionsFor(server)));
    expect(error.message).toBe('hf:org/model@v1.0 has 2 files to choose from: a.safetensors, b.safetensors');
  });

  it.each<[string, TestFiles]>([
    ['nothing', {}],
    ['pickles', { 'config.json': json(CONFIG), 'pytorch_model.bin': utf8('PK\x03\x04') }],
    ['safetensors of a part', { 'vae/diffusion.safetensors': utf8('') }],
  ])('a model with %s', async (_name, files) => {
    const server = await startHub(files);
    const error = await errorOf(hubFiles('hf:org/model', optionsFor(server)));
    expect([error.code, error.class]).toEqual(['HUB_NO_WEIGHTS', 'unsupported']);
    expect(server.seen()).toEqual([API]);
  });
});

describe('a listing of a stranger', () => {
  const many = Array.from({ length: 20_001 }, (_, i) => ({ rfilename: `f${i}` }));
  it.each<[string, unknown]>([
    ['HTML', utf8('<html>')],
    ['nothing', utf8('')],
    ['a list', []],
    ['no siblings', { id: 'org/model' }],
    ['siblings that are no list', { siblings: { rfilename: 'a.gguf' } }],
    ['a sibling that is no object', { siblings: ['a.gguf'] }],
    ['a sibling without a name', { siblings: [{}] }],
    ['a path upwards', { siblings: [{ rfilename: '../a.gguf' }] }],
    ['a path upwards inside', { siblings: [{ rfilename: 'a/../../b.gguf' }] }],
    ['an absolute path', { siblings: [{ rfilename: '/etc/passwd' }] }],
    ["a path of Windows'", { siblings: [{ rfilename: 'a\\..\\b.gguf' }] }],
    ['an empty name', { siblings: [{ rfilename: '' }] }],
    ['a folder', { siblings: [{ rfilename: 'a/' }] }],
    ['control characters', { siblings: [{ rfilename: 'a\u001b[2J.gguf' }] }],
    ['a long name', { siblings: [{ rfilename: `${'a'.repeat(300)}.gguf` }] }],
    ['a long path', { siblings: [{ rfilename: `${'abcdefghi/'.repeat(200)}b.gguf` }] }],
    ['too many files', { siblings: many }],
    ['the same key twice', utf8('{"siblings": [], "siblings": [{"rfilename": "a.gguf"}]}')],
    ['depth', utf8(`{"siblings": ${'['.repeat(5000)}`)],
    ['too many bytes', utf8(`{"siblings": []}${' '.repeat(8 * 2 ** 20)}`)],
    ['too many values', utf8(`{"siblings": [${'0,'.repeat(2 ** 18)}0]}`)],
  ])('with %s is refused', async (_name, listing) => {
    const server = await startHub({}, undefined, listing);
    const error = await errorOf(hubFiles('hf:org/model', optionsFor(server)));
    expect([error.code, error.class]).toEqual(['HUB_ANSWER', 'io']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(error.message).not.toMatch(/[\u0000-\u001f]/);
    expect(error.message.length).toBeLessThan(300);
  });
});

describe('a Hub that does not give', () => {
  const cases: readonly (readonly [number, string, RegExp])[] = [
    [401, 'HUB_ACCESS', /HF_TOKEN/],
    [403, 'HUB_ACCESS', /HF_TOKEN/],
    [404, 'HUB_NOT_FOUND', /Check the name/],
    [429, 'HUB_RATE_LIMIT', /Wait/],
    [500, 'HUB_UNAVAILABLE', /later/],
    [503, 'HUB_UNAVAILABLE', /later/],
    [418, 'SOURCE_READ', /try again/],
  ];
  it.each(cases)('HTTP %i, the listing and a file: %s', async (status, code, remedy) => {
    for (const where of ['/api/', '/resolve/']) {
      const server = await startHub({ 'a.gguf': GGUF }, ({ path }, response) => {
        if (!path.includes(where)) return false;
        response.writeHead(status).end();
        return true;
      });
      const opening = hubFiles('hf:org/model', optionsFor(server)).then((files) => openInventory(files));
      const error = await errorOf(opening);
      expect([where, error.code]).toEqual([where, code]);
      expect(error.class).toBe('io');
      expect(error.remedy).toMatch(remedy);
      expect(error.message).toContain(
        status === 418 ? server.url : `hf:org/model${where === '/api/' ? '' : '/a.gguf'}`,
      );
    }
  });

  it.each([
    ['/api/', 'hf:org/model'],
    ['/resolve/', 'hf:org/model/a.gguf'],
  ])('silence of %s', async (where, name) => {
    const server = await startHub({ 'a.gguf': GGUF }, ({ path }) => path.includes(where));
    const options = optionsFor(server, { idleTimeoutMs: 50 });
    const error = await errorOf(hubFiles(name, options).then((files) => openInventory(files)));
    expect(error.code).toBe('HUB_UNAVAILABLE');
    expect(error.message).toMatch(/ cannot be had: .* sent nothing for 0\.05 s$/);
  });

  it('no server at all', async () => {
    const server = await startHub({});
    await server.close();
    expect((await errorOf(hubFiles('hf:org/model', optionsFor(server)))).code).toBe('HUB_UNAVAILABLE');
  });

  it('a file that breaks off while it is read', async () => {
    let answers = 0;
    const big = ggufFile([...GGUF_METADATA, ['x', 8, concatText('y'.repeat(300_000))]], ggufTensors());
    const server = await startHub({ 'a.gguf': big }, ({ path }, response) => {
      if (!path.includes('/resolve/') || answers++ === 0) return false;
      response.writeHead(503).end();
      return true;
    });
    const error = await errorOf(hubFiles('hf:org/model', optionsFor(server)).then((files) => openInventory(files)));
    expect([error.code, answers]).toEqual(['HUB_UNAVAILABLE', 2]);
  });

  it('is left alone once the caller aborts', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const server = await startHub({}, () => {
      controller.abort(reason);
      return true;
    });
    const options = optionsFor(server, { signal: controller.signal });
    await expect(hubFiles('hf:org/model', options)).rejects.toBe(reason);
  });
});

function concatText(value: string): Uint8Array {
  const text = utf8(value);
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe('names', () => {
  it.each([
    'hf:',
    'hf:model',
    'hf:org/',
    'hf:/model',
    'hf:org/model@',
    'hf:org/model/',
    'hf:org/model@main/',
    'hf:org/model/../x',
    'hf:org/model//x',
    'hf:org/..',
    'hf:../model',
    'hf:org/mo..del',
    'hf:org/.model',
    'hf:org/model@../main',
    'hf:org/model@a..b',
    'hf:org/model?x',
    'hf:org/model#x',
    'hf:org/mod el',
    'hf:org/model%2f..',
    'hf:org/model/a\u0000b',
    `hf:org/${'m'.repeat(97)}`,
    'HF:org/model',
    'hf:https://host/org/model',
  ])('%j is none', async (name) => {
    const asked: unknown[] = [];
    const spy: typeof fetch = async (input) => {
      asked.push(input);
      throw new Error('nothing is to be asked');
    };
    await expect(hubFiles(name, { fetch: spy })).rejects.toThrow(RangeError);
    expect(asked).toEqual([]);
  });

  it.each(['', 'host', 'ftp://host', 'https://me:secret@host'])('%j is no endpoint', async (endpoint) => {
    const result = await hubFiles('hf:org/model', { endpoint }).catch((error: unknown) => error);
    expect(result).toBeInstanceOf(RangeError);
    expect(String(result)).not.toContain('secret');
  });

  it('goes to the Hub unless told otherwise', async () => {
    const asked: string[] = [];
    const spy: typeof fetch = async (input) => {
      asked.push(String(input));
      return new Response('{"siblings": [{"rfilename": "a.gguf"}]}');
    };
    const files = await hubFiles('hf:org/model', { fetch: spy });
    expect(asked).toEqual(['https://huggingface.co/api/models/org/model/revision/main']);
    expect(files.primary).toBe('a.gguf');
  });
});
