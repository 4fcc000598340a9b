/**
 * Models on the Hugging Face Hub by name, `hf:ORG/NAME[@REVISION][/FILE]`, as a file set.
 *
 * ```
 * GET ENDPOINT/api/models/ORG/NAME/revision/REVISION   {"siblings": [{"rfilename": "config.json"}, …], …}
 * GET ENDPOINT/ORG/NAME/resolve/REVISION/FILE          the file, mostly by a redirect to another origin
 * ```
 *
 * Source: https://huggingface.co/docs/hub/api. The token goes to the endpoint alone: `fetch` takes the authorization away
 * from a request that is redirected to another origin (https://fetch.spec.whatwg.org/#http-redirect-fetch).
 */
import { fetchBytes, httpStatusOf, isMirustError, sanitizeText } from '@mirust/core';
import { DEFAULT_IDLE_TIMEOUT_MS, remoteFiles } from './_remote-files.ts';
import { type HttpFiles, type HttpFilesOptions, parseHttpUrl } from './http-files.ts';
import { chooseWeights } from './hub-choice.ts';
import { hubError } from './hub-errors.ts';
import { MAX_HUB_LISTING_BYTES, readHubListing } from './hub-listing.ts';
import { formatHubName, type HubName, parseHubName } from './hub-name.ts';

/** The Hub itself. */
export const DEFAULT_HUB_ENDPOINT = 'https://huggingface.co';

/** How the Hub is asked. */
export interface HubOptions extends Omit<HttpFilesOptions, 'headers'> {
  /** Of the Hub or a mirror: an http(s) URL. Default {@link DEFAULT_HUB_ENDPOINT}. */
  readonly endpoint?: string | undefined;
  /** For gated and private models. Is sent to the endpoint's origin alone, and is in no message. */
  readonly token?: string | undefined;
}

/**
 * The files of a model. Without a FILE they are listed and the weights chosen: model.safetensors or its index, else the one
 * safetensors or GGUF that there is (the parts of a split GGUF are one).
 *
 * Throws RangeError for a name, an endpoint or a token that cannot be one, the codes of `HUB_ERRORS`, and the signal's
 * reason. Opening files throws them, too.
 */
export async function hubFiles(text: string, options: HubOptions = {}): Promise<HttpFiles> {
  const { endpoint = DEFAULT_HUB_ENDPOINT, token, ...rest } = options;
  const name = parseHubName(text);
  const base = endpointOf(endpoint);
  const request: HttpFilesOptions = { ...rest, ...(token === undefined ? {} : { headers: authorization(token) }) };
  const { path, names } =
    name.file === undefined
      ? chooseWeights(await listFiles(base, name, request), name)
      : { path: name.file, names: undefined };
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const primary = path.slice(folder.length);
  return remoteFiles(
    {
      name: formatHubName(name),
      primary: primary === '' ? undefined : primary,
      names: names ?? [primary],
      isListed: names !== undefined,
      addressOf: (file) => addressOf(base, `${name.repository}/resolve/${name.revision}/${folder}${file}`),
      translate: (error, file) => translateError(error, `${formatHubName(name)}/${folder}${file}`),
    },
    request,
  );
}

/** Names of all files of a model, plain paths. */
async function listFiles(base: URL, name: HubName, request: HttpFilesOptions): Promise<readonly string[]> {
  const address = addressOf(base, `api/models/${name.repository}/revision/${name.revision}`);
  const shown = formatHubName(name);
  let bytes: Uint8Array | undefined;
  try {
    const { idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = request;
    bytes = await fetchBytes(address, { ...request, idleTimeoutMs, maxBytes: MAX_HUB_LISTING_BYTES });
  } catch (error) {
    throw translateError(error, shown);
  }
  return readHubListing(bytes, shown);
}

function addressOf(base: URL, path: string): URL {
  return new URL(path.split('/').map(encodeURIComponent).join('/'), base);
}

/** The endpoint as a folder, so that addresses below it can be made. */
function endpointOf(text: string): URL {
  const endpoint = parseHttpUrl(text, 'the endpoint of the Hub');
  endpoint.search = '';
  endpoint.hash = '';
  if (!endpoint.pathname.endsWith('/')) endpoint.pathname += '/';
  return endpoint;
}

/** Checked here: the platform's error for a header that cannot be sent repeats it. */
function authorization(token: string): Readonly<Record<string, string>> {
  if (!/^[\x21-\x7e]+$/.test(token)) throw new RangeError('the token for the Hub has characters that no token has');
  return { authorization: `Bearer ${token}` };
}

/** The error for people who asked the Hub and not a URL. */
function translateError(error: unknown, shown: string): unknown {
  if (!isMirustError(error)) return error;
  const name = sanitizeText(shown);
  const status = httpStatusOf(error);
  const context = { cause: error, ...(status === undefined ? {} : { actual: status }) };
  if (error.code === 'SOURCE_NOT_FOUND') return hubError('HUB_NOT_FOUND', `${name} does not exist`, context);
  if (error.code !== 'SOURCE_READ') return error;
  if (status === 401 || status === 403) {
    return hubError('HUB_ACCESS', `${name} needs permission, or does not exist (HTTP ${status})`, context);
  }
  if (status === 429) return hubError('HUB_RATE_LIMIT', `${name}: the Hub limits requests (HTTP 429)`, context);
  if (status !== undefined && status < 500) return error;
  return hubError('HUB_UNAVAILABLE', `${name} cannot be had: ${error.message}`, context);
}
