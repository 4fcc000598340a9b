/** A server on this machine that answers byte ranges, honestly unless told otherwise. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly range: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

/** What a lying server may do instead of answering; returns false to answer honestly. */
export type Misbehaviour = (request: SeenRequest, response: ServerResponse, index: number) => boolean;

export interface RangeServer {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** Connections that were closed before their answer was complete. */
  readonly aborted: () => number;
  close(): Promise<void>;
}

/** Starts a server on 127.0.0.1 with a port of the system's choice. */
export async function startRangeServer(
  bytes: Uint8Array,
  misbehave: Misbehaviour = () => false,
  etag: string | null = '"v1"',
): Promise<RangeServer> {
  const requests: SeenRequest[] = [];
  let aborted = 0;
  const server = createServer((message, response) => {
    const { headers } = message;
    const request = { method: message.method ?? '', range: headers.range, headers };
    requests.push(request);
    response.on('close', () => {
      if (!response.writableFinished) aborted++;
    });
    if (etag !== null) response.setHeader('etag', etag);
    if (misbehave(request, response, requests.length - 1)) return;
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.range ?? '');
    const [first, wanted] = [Number(match?.[1]), Number(match?.[2])];
    if (match === null || first >= bytes.byteLength) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.byteLength}` }).end();
      return;
    }
    const last = Math.min(wanted, bytes.byteLength - 1);
    response.writeHead(206, {
      'content-range': `bytes ${first}-${last}/${bytes.byteLength}`,
      'content-length': last - first + 1,
    });
    response.end(bytes.subarray(first, last + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/model.gguf`,
    requests,
    aborted: () => aborted,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
