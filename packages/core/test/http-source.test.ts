import { afterEach, describe, expect, it } from 'vitest';
import { httpSource, readRange } from '../src/index.ts';
import { type Misbehaviour, type RangeServer, startRangeServer } from './_http-server.ts';

const CONTENT = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7 + (index >> 9)) & 0xff);

const servers: RangeServer[] = [];

async function serve(misbehave?: Misbehaviour, etag?: string | null, bytes = CONTENT): Promise<RangeServer> {
  const server = await startRangeServer(bytes, misbehave, etag);
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

function ranges(server: RangeServer): string[] {
  return server.requests.map(({ range }) => (range ?? 'none').replace('bytes=', ''));
}

describe('requests', () => {
  it('opens with one ranged GET, whose bytes serve the header', async () => {
    const server = await serve();
    const source = await httpSource(server.url, { headers: { authorization: 'Bearer x' } });
    expect(source.byteLength).toBe(CONTENT.byteLength);
    for (const at of [0, 8, 1000, 65_000]) expect(await readRange(source, at, 8)).toEqual(CONTENT.slice(at, at + 8));
    expect(ranges(server)).toEqual(['0-65535']);
    expect(server.requests[0]).toMatchObject({ method: 'GET', headers: { authorization: 'Bearer x' } });
  });

  it("calls fetch as a browser's demands it: as a plain function", async () => {
    const server = await serve();
    const strict = function (this: unknown, ...args: Parameters<typeof fetch>): ReturnType<typeof fetch> {
      if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation');
      return fetch(...args);
    };
    const source = await httpSource(server.url, { fetch: strict });
    expect(await readRange(source, 5, 3)).toEqual(CONTENT.slice(5, 8));
  });

  it('fetches ahead of small sequential reads, and of no others', async () => {
    const server = await serve();
    const source = await httpSource(server.url, { readAheadBytes: 1000 });
    for (let at = 0; at < 2500; at += 50) await readRange(source, at, 50);
    expect(ranges(server)).toEqual(['0-999', '1000-1999', '2000-2999']);
    await readRange(source, 90_000, 50);
    await readRange(source, 3000, 5000);
    expect(ranges(server).slice(3)).toEqual(['90000-90049', '3000-7999']);
  });

  it('joins reads of one tick whose gap is small', async () => {
    const server = await serve();
    const source = await httpSource(server.url, { readAheadBytes: 0, coalesceGapBytes: 100 });
    const wanted = [
      [5000, 10],
      [1000, 50],
      [1150, 50],
      [1020, 100],
      [1301, 9],
    ] as const;
    const read = await Promise.all(wanted.map(([offset, byteLength]) => readRange(source, offset, byteLength)));
    wanted.forEach(([offset, byteLength], index) => {
      expect(read[index]).toEqual(CONTENT.slice(offset, offset + byteLength));
    });
    expect(ranges(server).slice(1).sort()).toEqual(['1000-1199', '1301-1309', '5000-5009']);
  });

  it('keeps requests within their bound: neither joined beyond it nor read at once', async () => {
    const server = await serve();
    const source = await httpSource(server.url, { readAheadBytes: 0, maxRequestBytes: 1000 });
    const read = await Promise.all([readRange(source, 0, 600), readRange(source, 600, 600)]);
    expect(read).toEqual([CONTENT.slice(0, 600), CONTENT.slice(600, 1200)]);
    expect(await readRange(source, 50_000, 2500)).toEqual(CONTENT.slice(50_000, 52_500));
    expect(ranges(server).slice(1)).toEqual(['0-599', '600-1199', '50000-50999', '51000-51999', '52000-52499']);
  });

  it('has at most six requests under way', async () => {
    let open = 0;
    let most = 0;
    const counting: typeof fetch = async (input, init) => {
      most = Math.max(most, ++open);
      const answer = await fetch(input, init);
      open--;
      return answer;
    };
    const server = await serve();
    const source = await httpSource(server.url, { fetch: counting, readAheadBytes: 0, coalesceGapBytes: 0 });
    const offsets = Array.from({ length: 40 }, (_, index) => index * 4000 + 1);
    const read = await Promise.all(offsets.map((offset) => readRange(source, offset, 100)));
    offsets.forEach((offset, index) => {
      expect(read[index]).toEqual(CONTENT.slice(offset, offset + 100));
    });
    expect(server.requests.length).toBe(41);
    expect(most).toBe(6);
  });

  it('keeps passwords and signatures out of its name', async () => {
    const server = await serve();
    const source = await httpSource(`${server.url}?signature=secret`);
    expect(source.name).toBe(server.url);
  });

  it('knows an empty file', async () => {
    const server = await serve(undefined, '"v1"', new Uint8Array(0));
    expect((await httpSource(server.url)).byteLength).toBe(0);
  });
});

describe('aborting', () => {
  /** Answers the opening, then never again. */
  const silentAfterOpening: Misbehaviour = (_request, _response, index) => index > 0;

  it('one reader of a shared request leaves, the other gets its bytes', async () => {
    const server = await serve();
    const source = await httpSource(server.url, { readAheadBytes: 0 });
    const controller = new AbortController();
    const target = new Uint8Array(100);
    const left = source.readInto(1000, target, { signal: controller.signal });
    const stays = readRange(source, 1100, 100);
    controller.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    expect(await stays).toEqual(CONTENT.slice(1100, 1200));
    expect(target).toEqual(new Uint8Array(100));
  });

  it('the request ends when nobody waits for it any more', async () => {
    let seen = (): void => {};
    const asked = new Promise<void>((resolve) => {
      seen = resolve;
    });
    let gone = (): void => {};
    const ended = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const server = await serve((_request, response, index) => {
      if (index === 0) return false;
      response.on('close', gone);
      seen();
      return true;
    });
    const source = await httpSource(server.url, { readAheadBytes: 0 });
    const [first, second] = [new AbortController(), new AbortController()];
    const reads = [first, second].map(({ signal }) => source.readInto(1000, new Uint8Array(10), { signal }));
    await asked;
    first.abort(new Error('one'));
    second.abort(new Error('two'));
    await expect(reads[0]).rejects.toThrow('one');
    await expect(reads[1]).rejects.toThrow('two');
    await ended;
  });

  it('the signal of the source ends every read', async () => {
    const server = await serve(silentAfterOpening);
    const controller = new AbortController();
    const source = await httpSource(server.url, { signal: controller.signal, readAheadBytes: 0 });
    const reads = Array.from({ length: 9 }, (_, index) => readRange(source, index * 20_000, 10_000));
    const outcomes = Promise.allSettled(reads);
    await Promise.resolve();
    controller.abort(new Error('stopped'));
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { message: 'stopped' } });
    await expect(readRange(source, 0, 1)).rejects.toThrow('stopped');
  });

  it('the signal also ends the opening', async () => {
    const server = await serve(() => true);
    const controller = new AbortController();
    const opening = httpSource(server.url, { signal: controller.signal });
    controller.abort(new Error('stopped'));
    await expect(opening).rejects.toThrow('stopped');
    await expect(httpSource(server.url, { signal: controller.signal })).rejects.toThrow('stopped');
  });

  it('closing ends reads that are under way', async () => {
    const server = await serve(silentAfterOpening);
    const source = await httpSource(server.url, { readAheadBytes: 0 });
    const read = readRange(source, 1000, 10);
    const outcome = expect(read).rejects.toThrow('closed');
    await source.close();
    await outcome;
    await expect(readRange(source, 0, 1)).rejects.toThrow('closed');
  });
});

describe('a server that cannot serve', () => {
  const answer =
    (status: number, headers: Record<string, string> = {}, body = ''): Misbehaviour =>
    (_request, response) => {
      response.writeHead(status, headers).end(body);
      return true;
    };

  it.each([
    ['404', answer(404), 'SOURCE_NOT_FOUND'],
    ['410', answer(410), 'SOURCE_NOT_FOUND'],
    ['403', answer(403), 'SOURCE_READ'],
    ['500', answer(500), 'SOURCE_READ'],
    ['the whole file', answer(200, {}, 'x'.repeat(5000)), 'SOURCE_NO_RANGES'],
    ['416 for a file that is not empty', answer(416, { 'content-range': 'bytes */10' }), 'SOURCE_READ'],
    ['no Content-Range', answer(206, {}, 'x'), 'SOURCE_NO_RANGES'],
    ['an unknown length', answer(206, { 'content-range': 'bytes 0-0/*' }, 'x'), 'SOURCE_NO_RANGES'],
    ['another unit', answer(206, { 'content-range': 'lines 0-0/1' }, 'x'), 'SOURCE_NO_RANGES'],
    ['a reversed range', answer(206, { 'content-range': 'bytes 5-2/10' }, 'x'), 'SOURCE_READ'],
    ['a range past its own end', answer(206, { 'content-range': 'bytes 0-65535/10' }, 'x'), 'SOURCE_READ'],
    ['a length beyond 2^53', answer(206, { 'content-range': 'bytes 0-65535/9999999999999999' }, 'x'), 'SOURCE_READ'],
    ['less than it was asked for', answer(206, { 'content-range': 'bytes 0-0/9000' }, 'x'), 'SOURCE_READ'],
    [
      'compressed ranges',
      answer(206, { 'content-range': 'bytes 0-0/1', 'content-encoding': 'br' }, 'x'),
      'SOURCE_NO_RANGES',
    ],
  ] as const)('%s', async (_, misbehave, code) => {
    const server = await serve(misbehave);
    await expect(httpSource(server.url)).rejects.toMatchObject({ code, class: 'io' });
  });

  it('no server at all', async () => {
    const server = await serve();
    await server.close();
    await expect(httpSource(server.url)).rejects.toMatchObject({ code: 'SOURCE_READ', cause: expect.any(Error) });
  });

  it.each(['ftp://host/x', 'file:///etc/passwd', 'data:,x'])('%s is no argument', async (url) => {
    await expect(httpSource(url)).rejects.toThrow(TypeError);
  });

  it.each([
    { coalesceGapBytes: -1 },
    { maxRequestBytes: 0 },
    { readAheadBytes: 1.5 },
    { maxRequestBytes: Number.POSITIVE_INFINITY },
  ])('%j is no argument', async (options) => {
    await expect(httpSource('http://127.0.0.1:9', options)).rejects.toThrow(RangeError);
  });
});

describe('a server that lies after the opening', () => {
  const length = CONTENT.byteLength;
  /** Answers honestly but for the second request, 1000-1099. */
  const lie =
    (headers: Record<string, string>, body: (write: (bytes: Uint8Array) => void) => void, end = true): Misbehaviour =>
    (_request, response, index) => {
      if (index === 0) return false;
      response.writeHead(206, headers);
      body((bytes) => response.write(bytes));
      if (end) response.end();
      return true;
    };
  const range = { 'content-range': `bytes 1000-1099/${length}` };
  const right = CONTENT.subarray(1000, 1100);

  it.each([
    ['short body', lie(range, (write) => write(right.subarray(0, 99))), 'SOURCE_READ'],
    ['empty body', lie(range, () => {}), 'SOURCE_READ'],
    ['other range', lie({ 'content-range': `bytes 1001-1100/${length}` }, (write) => write(right)), 'SOURCE_READ'],
    ['announced short', lie({ ...range, 'content-length': '99' }, (write) => write(right.subarray(1))), 'SOURCE_READ'],
    [
      'other length',
      lie({ 'content-range': `bytes 1000-1099/${length + 1}` }, (write) => write(right)),
      'SOURCE_CHANGED',
    ],
    ['other ETag', lie({ ...range, etag: '"v2"' }, (write) => write(right)), 'SOURCE_CHANGED'],
    ['weak ETag', lie({ ...range, etag: 'W/"v1"' }, (write) => write(right)), 'SOURCE_CHANGED'],
  ] as const)('%s', async (_, misbehave, code) => {
    const server = await serve(misbehave);
    const source = await httpSource(server.url, { readAheadBytes: 0 });
    await expect(readRange(source, 1000, 100)).rejects.toMatchObject({ code });
  });

  it.each([
    [416, 'SOURCE_CHANGED'],
    [404, 'SOURCE_NOT_FOUND'],
    [200, 'SOURCE_NO_RANGES'],
  ] as const)('status %d', async (status, code) => {
    const server = await serve((_request, response, index) => {
      if (index > 0) response.writeHead(status).end();
      return index > 0;
    });
    const source = await httpSource(server.url, { readAheadBytes: 0 });
    await expect(readRange(source, 1000, 100)).rejects.toMatchObject({ code });
  });

  it('another Last-Modified, where there is no ETag', async () => {
    const server = await serve((_request, response, index) => {
      response.setHeader('last-modified', `Mon, 01 Jan 2024 00:00:0${Math.min(index, 2)} GMT`);
      return false;
    }, null);
    const source = await httpSource(server.url, { readAheadBytes: 0 });
    await expect(readRange(source, 1000, 100)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('a connection that breaks in the body', async () => {
    const server = await serve((_request, response, index) => {
      if (index === 0) return false;
      response.writeHead(206, { ...range, 'content-length': '100' });
      response.write(right.subarray(0, 50), () => response.destroy());
      return true;
    });
    const source = await httpSource(server.url, { readAheadBytes: 0 });
    await expect(readRange(source, 1000, 100)).rejects.toMatchObject({ code: 'SOURCE_READ' });
  });

  it('a body without end is read to the end of the range and hung up on', async () => {
    let hungUp = (): void => {};
    const closed = new Promise<void>((resolve) => {
      hungUp = resolve;
    });
    let sent = 0;
    const server = await serve((_request, response, index) => {
      if (index === 0) return false;
      response.on('close', hungUp);
      response.writeHead(206, range);
      const more = (): void => {
        if (response.destroyed) return;
        const bytes = sent === 0 ? right : new Uint8Array(1000);
        sent += bytes.byteLength;
        response.write(bytes, more);
      };
      more();
      return true;
    });
    const source = await httpSource(server.url, { readAheadBytes: 0 });
    expect(await readRange(source, 1000, 100)).toEqual(right);
    await closed;
    // What lay in the buffers of the connection, and no more.
    expect(sent).toBeLessThan(64 * 2 ** 20);
  });

  it('a request that failed leaves the source usable', async () => {
    const server = await serve((_request, response, index) => {
      if (index === 1) response.writeHead(503).end();
      return index === 1;
    });
    const source = await httpSource(server.url, { readAheadBytes: 0 });
    await expect(readRange(source, 1000, 100)).rejects.toMatchObject({ code: 'SOURCE_READ' });
    expect(await readRange(source, 1000, 100)).toEqual(right);
  });
});
