/** Whole small files of a server, and what both ways of asking one have in common: statuses, silence, what is counted. */
import { afterEach, describe, expect, it } from 'vitest';
import { coreError, fetchBytes, httpSource, httpStatusOf, inFile, readRange } from '../src/index.ts';
import { type Misbehaviour, type RangeServer, startRangeServer } from './_http-server.ts';

const CONTENT = Uint8Array.from({ length: 5000 }, (_, index) => index & 0xff);

const servers: RangeServer[] = [];

async function serve(misbehave?: Misbehaviour): Promise<RangeServer> {
  const server = await startRangeServer(CONTENT, misbehave);
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const whole: Misbehaviour = (_request, response) => {
  response.writeHead(200).end(CONTENT);
  return true;
};

describe('a whole file', () => {
  it('is asked for once, without a range', async () => {
    const server = await serve(whole);
    const received: number[] = [];
    const options = { headers: { authorization: 'Bearer x' }, onReceive: (count: number) => received.push(count) };
    const bytes = await fetchBytes(new URL(server.url), { ...options, maxBytes: 5000 });
    expect(bytes).toEqual(CONTENT);
    expect(received.reduce((sum, count) => sum + count, 0)).toBe(5000);
    expect(server.requests).toMatchObject([{ range: undefined, headers: { authorization: 'Bearer x' } }]);
  });

  it('may be empty', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200).end();
      return true;
    });
    expect(await fetchBytes(new URL(server.url), { maxBytes: 1 })).toEqual(new Uint8Array(0));
  });

  it('is not read beyond the limit, whatever the server announces', async () => {
    const server = await serve((_request, response) => {
      // Without an end.
      response.writeHead(200).write(CONTENT);
      return true;
    });
    expect(await fetchBytes(new URL(server.url), { maxBytes: 4999 })).toBeUndefined();
  });

  it('that breaks off is an error', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 9000 }).write(CONTENT, () => response.destroy());
      return true;
    });
    await expect(fetchBytes(new URL(server.url), { maxBytes: 9000 })).rejects.toMatchObject({ code: 'SOURCE_READ' });
  });

  it('is left alone once the caller aborts', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const server = await serve(() => {
      controller.abort(reason);
      return true;
    });
    const options = { maxBytes: 9000, signal: controller.signal };
    await expect(fetchBytes(new URL(server.url), options)).rejects.toBe(reason);
    await expect(fetchBytes(new URL(server.url), options)).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('has an http(s) URL', async () => {
    await expect(fetchBytes(new URL('file:///etc/passwd'), { maxBytes: 1 })).rejects.toThrow(TypeError);
  });
});

describe('both ways of asking', () => {
  const ways: [string, (url: string, idleTimeoutMs?: number) => Promise<unknown>][] = [
    ['whole', (url, time) => fetchBytes(new URL(url), { maxBytes: 9000, ...timeout(time) })],
    ['by ranges', (url, time) => httpSource(url, timeout(time))],
  ];
  const timeout = (idleTimeoutMs: number | undefined): { idleTimeoutMs?: number } =>
    idleTimeoutMs === undefined ? {} : { idleTimeoutMs };

  it.each(
    ways.flatMap(([way, ask]) =>
      (
        [
          [401, 'SOURCE_READ', /access/],
          [403, 'SOURCE_READ', /access/],
          [404, 'SOURCE_NOT_FOUND', /URL/],
          [410, 'SOURCE_NOT_FOUND', /URL/],
          [418, 'SOURCE_READ', /connection/],
          [429, 'SOURCE_READ', /wait/],
          [500, 'SOURCE_READ', /later/],
        ] as const
      ).map(([status, code, remedy]) => ({ way, ask, status, code, remedy })),
    ),
  )('$way: HTTP $status is $code', async ({ ask, status, code, remedy }) => {
    const server = await serve((_request, response) => {
      response.writeHead(status).end('secret');
      return true;
    });
    const error = await ask(server.url).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, class: 'io', remedy: expect.stringMatching(remedy) });
    expect(httpStatusOf(error)).toBe(status);
    expect(String(error)).not.toContain('secret');
  });

  it.each(ways)('%s: no server has no status', async (_way, ask) => {
    const server = await serve();
    await server.close();
    const error = await ask(server.url).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SOURCE_READ' });
    expect(httpStatusOf(error)).toBeUndefined();
  });

  it.each(ways)('%s: silence ends a request, before the answer and in its body', async (_way, ask) => {
    const silent = await serve(() => true);
    const faltering = await serve(({ range }, response) => {
      const ranged = { 'content-range': 'bytes 0-4999/5000', 'content-length': 5000 };
      response.writeHead(range === undefined ? 200 : 206, range === undefined ? {} : ranged).write('x');
      return true;
    });
    for (const { url } of [silent, faltering]) {
      await expect(ask(url, 50)).rejects.toMatchObject({
        code: 'SOURCE_READ',
        message: expect.stringMatching(/ sent nothing for 0\.05 s$/),
      });
    }
  });
});

it('a source counts what it receives, read ahead included', async () => {
  const server = await serve();
  let received = 0;
  const options = {
    readAheadBytes: 1000,
    onReceive: (count: number) => {
      received += count;
    },
  };
  const source = await httpSource(server.url, options);
  expect(received).toBe(1000);
  await readRange(source, 0, 500);
  expect(received).toBe(1000);
  await readRange(source, 2000, 2500);
  expect(received).toBe(3500);
  await source.close();
});

it.each([0, -1, 1.5])('a silence of %d ms is no argument', async (idleTimeoutMs) => {
  await expect(httpSource('http://127.0.0.1:9', { idleTimeoutMs })).rejects.toThrow(RangeError);
});

it('an error is put into a file, once', () => {
  const error = coreError('TRUNCATED', 'the end is missing', { offset: 7 });
  const inside = inFile(error, 'a.gguf');
  expect(inside).toMatchObject({
    code: 'TRUNCATED',
    class: 'structure',
    message: 'a.gguf: the end is missing',
    remedy: error.remedy,
    context: { offset: 7, file: 'a.gguf' },
    cause: error,
  });
  expect(inFile(inside, 'b.gguf')).toBe(inside);
  const other = new Error('x');
  expect(inFile(other, 'a.gguf')).toBe(other);
});
