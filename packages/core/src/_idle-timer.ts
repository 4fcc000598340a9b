/** Ends a request to a server that has fallen silent. */
import { coreError } from './errors.ts';

/** A running timer. */
export interface IdleTimer {
  /** Something has arrived. */
  restart(): void;
  stop(): void;
}

/** Aborts with `SOURCE_READ` once nothing has arrived for so long; without a time it never does. */
export function startIdleTimer(timeoutMs: number | undefined, name: string, controller: AbortController): IdleTimer {
  if (timeoutMs === undefined) return { restart() {}, stop() {} };
  const onTimeout = (): void => {
    const remedy = 'Check the connection, then try again; a server that is busy may answer later.';
    controller.abort(coreError('SOURCE_READ', `${name} sent nothing for ${timeoutMs / 1000} s`, { remedy }));
  };
  let timer = setTimeout(onTimeout, timeoutMs);
  return {
    restart() {
      clearTimeout(timer);
      timer = setTimeout(onTimeout, timeoutMs);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
