/** Whatever a user calls a model by: a path, a URL, a name on the Hub. */
import type { FileSet } from '../file-set.ts';
import { type HttpFilesOptions, type HttpTraffic, httpFiles } from '../http-files.ts';
import { type HubOptions, hubFiles } from '../hub.ts';
import { openPath } from './open-path.ts';

/** How a location is opened. Of the headers `hf:` names have their own. */
export type LocationOptions = HttpFilesOptions & Pick<HubOptions, 'endpoint' | 'token'>;

/** Files at a location. Sources that were opened are usable until `close`. */
export interface LocatedFiles extends FileSet {
  /** What was fetched; absent where files are on this machine. */
  traffic?(): HttpTraffic;
  close(): Promise<void>;
}

/**
 * The files that a text means: `hf:ORG/NAME[@REVISION][/FILE]`, an http(s) URL, else a path (write `./hf:…` for a file of
 * such a name). Throws what `hubFiles`, `httpFiles` and `openPath` throw.
 */
export async function openLocation(text: string, options: LocationOptions = {}): Promise<LocatedFiles> {
  const { endpoint, token, ...http } = options;
  if (text.startsWith('hf:')) {
    const { headers: _headers, ...rest } = http;
    return hubFiles(text, { ...rest, endpoint, token });
  }
  if (/^https?:\/\//i.test(text)) return httpFiles(text, http);
  return { ...(await openPath(text)), close: async () => {} };
}
