/** A server on this machine that has files by their paths, answers ranges, and writes down what it was asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A file: its bytes, or its length and the bytes of a range, for files that are larger than memory. */
export type ServedFile =
  | Uint8Array
  | { readonly byteLength: number; readonly slice: (start: number, end: number) => Uint8Array };

/** One request. */
export interface SeenRequest {
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** What answers instead of the files; false where it does not. */
export type Interception = (request: SeenRequest, response: ServerResponse) => boolean;

/** A running server. */
export interface FileServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly requests: SeenRequest[];
  /** Paths that were asked for, with ranges; in order. */
  seen(): string[];
  close(): Promise<void>;
}

const running: FileServer[] = [];

/** Closes every server that was started: for `afterEach`. */
export async function closeServers(): Promise<void> {
  for (const server of running.splice(0)) await server.close();
}

/** Starts a server. Keys of `files` are paths as a client writes them, escapes included. */
export async function startFileServer(
  files: Readonly<Record<string, ServedFile>>,
  intercept: Interception = () => false,
): Promise<FileServer> {
  const requests: SeenRequest[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    const request = { path: url, headers };
    requests.push(request);
    if (intercept(request, response)) return;
    const file = files[url.split('?')[0] ?? ''];
    if (file === undefined) {
      response.writeHead(404).end('there is no such file');
      return;
    }
    response.setHeader('etag', '"1"');
    const match = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
    if (match === null) {
      response.writeHead(200).end(file.slice(0, file.byteLength));
      return;
    }
    const first = Number(match[1]);
    const last = Math.min(Number(match[2]), file.byteLength - 1);
    response.writeHead(206, {
      'content-range': `bytes ${first}-${last}/${file.byteLength}`,
      'content-length': last - first + 1,
    });
    response.end(file.slice(first, last + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const started: FileServer = {
    url: `http://127.0.0.1:${port}`,
    requests,
    seen: () => requests.map(({ path, headers }) => `${path}${headers.range === undefined ? '' : ` ${headers.range}`}`),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  running.push(started);
  return started;
}
