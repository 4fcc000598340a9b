/** Ranged requests of one source: a few at a time, each ended with the source. */
import { startIdleTimer } from './_idle-timer.ts';
import { coreError, MirustError } from './errors.ts';

/** Where the requests go, and what ends them. */
export interface HttpClientOptions {
  readonly address: URL;
  /** For messages. */
  readonly name: string;
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxConcurrentRequests: number;
  /** Absent: a request may be silent for ever. */
  readonly idleTimeoutMs: number | undefined;
}

/** Sends ranged requests until it is stopped. */
export interface HttpClient {
  /**
   * Asks for a range and gives the answer to `receive`, once a place is free, which calls `onBytes` for whatever arrives.
   * The connection ends with `receive`'s failure and with the controller. Throws the controller's reason, what `receive`
   * throws, or `SOURCE_READ`, also for a server that falls silent.
   */
  request<T>(
    offset: number,
    byteLength: number,
    controller: AbortController,
    receive: (answer: Response, onBytes: () => void) => Promise<T>,
  ): Promise<T>;
  /** Ends all requests with this reason, also those that come later. */
  stop(reason: unknown): void;
  throwIfStopped(): void;
}

/** Makes an {@link HttpClient}. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { address, name, headers } = options;
  // Called as a plain function: a browser's fetch refuses any `this` but the window ("Illegal invocation").
  const { fetch: send } = options;
  const controllers = new Set<AbortController>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let stopped: { readonly reason: unknown } | undefined;

  function throwIfStopped(): void {
    if (stopped !== undefined) throw stopped.reason;
  }

  return {
    throwIfStopped,
    async request(offset, byteLength, controller, receive) {
      throwIfStopped();
      controllers.add(controller);
      // A request that ends hands its place over to the next one that waits.
      if (running < options.maxConcurrentRequests) running++;
      else await new Promise<void>((resume) => waiting.push(resume));
      const { signal } = controller;
      const timer = startIdleTimer(options.idleTimeoutMs, name, controller);
      try {
        signal.throwIfAborted();
        const range = `bytes=${offset}-${offset + byteLength - 1}`;
        const answer = await send(address, { headers: { ...headers, range }, signal });
        timer.restart();
        return await receive(answer, timer.restart);
      } catch (error) {
        signal.throwIfAborted();
        controller.abort();
        if (error instanceof MirustError) throw error;
        throw coreError('SOURCE_READ', `the request to ${name} failed`, { offset, cause: error });
      } finally {
        timer.stop();
        controllers.delete(controller);
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
    stop(reason) {
      stopped ??= { reason };
      for (const controller of controllers) controller.abort(reason);
    },
  };
}
