/** What the answer to a ranged request must say before its body is believed (RFC 9110, §14 and §15.3.7). */
import { coreError } from './errors.ts';
import { statusError } from './http-status.ts';
import { sanitizeText } from './text.ts';

/** Which file the server answered with, as far as it tells. */
export interface HttpVersion {
  readonly byteLength: number;
  /** ETag where there is one, else Last-Modified, else null: then only the length is compared. */
  readonly validator: string | null;
}

const NO_RANGES_IN_BROWSER =
  'Serve the file from a host that supports HTTP ranges; to another origin it must also send ' +
  'Access-Control-Expose-Headers: Content-Range, ETag. Or download the file first.';

/**
 * The version behind the first answer, which was asked for bytes 0 to `wanted` - 1. Throws `SOURCE_NOT_FOUND`,
 * `SOURCE_NO_RANGES` or `SOURCE_READ`.
 */
export function checkOpening(answer: Response, name: string, wanted: number): HttpVersion {
  // An empty file has no satisfiable range: the only way to say its length is this.
  if (answer.status === 416 && answer.headers.get('content-range') === 'bytes */0') {
    return { byteLength: 0, validator: validatorOf(answer) };
  }
  const { first, last, total } = contentRange(answer, name, 0);
  requireRange(answer, name, first, last, 0, Math.min(wanted, total));
  return { byteLength: total, validator: validatorOf(answer) };
}

/** Checks a later answer. Throws as {@link checkOpening} does, and `SOURCE_CHANGED` for another version. */
export function checkAnswer(
  answer: Response,
  name: string,
  version: HttpVersion,
  offset: number,
  byteLength: number,
): void {
  if (answer.status === 416) {
    throw coreError('SOURCE_CHANGED', `${name} no longer has bytes ${offset} to ${offset + byteLength - 1}`, {
      offset,
    });
  }
  const { first, last, total } = contentRange(answer, name, offset);
  if (total !== version.byteLength) {
    throw coreError('SOURCE_CHANGED', `${name} has ${total} bytes now and had ${version.byteLength}`, {
      offset,
      expected: version.byteLength,
      actual: total,
    });
  }
  const validator = validatorOf(answer);
  if (version.validator !== null && validator !== version.validator) {
    throw coreError('SOURCE_CHANGED', `${name} is another version than the one that was opened`, {
      offset,
      expected: sanitizeText(version.validator),
      actual: sanitizeText(validator ?? 'none'),
    });
  }
  requireRange(answer, name, first, last, offset, byteLength);
}

function validatorOf(answer: Response): string | null {
  return answer.headers.get('etag') ?? answer.headers.get('last-modified');
}

/** First and last byte of the body and the length of the whole file. */
function contentRange(answer: Response, name: string, offset: number): { first: number; last: number; total: number } {
  const { status, headers } = answer;
  if (status === 200) {
    throw coreError('SOURCE_NO_RANGES', `${name} answers a range with the whole file`, { offset });
  }
  if (status !== 206) throw statusError(status, name, { offset, expected: 206 });
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    throw coreError('SOURCE_NO_RANGES', `${name} sends ranges compressed (${sanitizeText(encoding)})`, { offset });
  }
  const text = headers.get('content-range');
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/i.exec(text ?? '');
  if (match === null || match[3] === '*') {
    throw coreError('SOURCE_NO_RANGES', `${name} does not tell which bytes of how many it sends`, {
      offset,
      actual: sanitizeText(text ?? 'no Content-Range'),
      remedy: NO_RANGES_IN_BROWSER,
    });
  }
  const [first, last, total] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (!(first <= last && last < total && Number.isSafeInteger(total))) {
    throw coreError('SOURCE_READ', `${name} answers with an impossible Content-Range`, {
      offset,
      actual: sanitizeText(text ?? ''),
    });
  }
  return { first, last, total };
}

/** The body must be the range that was asked for: a part of it, which RFC 9110 allows, nobody sends. */
function requireRange(
  answer: Response,
  name: string,
  first: number,
  last: number,
  offset: number,
  byteLength: number,
): void {
  if (first !== offset || last !== offset + byteLength - 1) {
    throw coreError('SOURCE_READ', `${name} answers with another range than the one asked for`, {
      offset,
      expected: `${offset}-${offset + byteLength - 1}`,
      actual: `${first}-${last}`,
    });
  }
  const announced = answer.headers.get('content-length');
  if (announced !== null && announced !== String(byteLength)) {
    throw coreError('SOURCE_READ', `${name} announces a body of another length than its range`, {
      offset,
      expected: byteLength,
      actual: sanitizeText(announced),
    });
  }
}
