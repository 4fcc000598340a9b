/**
 * Ids to text, one at a time. The bytes of the tokens go through a UTF-8 decoder that keeps an unfinished character
 * back; how bytes that are no UTF-8 are marked differs between the libraries (see `InvalidBytes`).
 */
import { TOKEN_TYPE, type TokenizerModel } from './model.ts';
import { tokenCount, tokenView } from './token-table.ts';
import type { DecodeOptions, StreamingDecoder } from './tokenizer.ts';

/** Turns bytes into text. `byteToken`: the bytes are one byte token, which may be a part of a character. */
interface ByteText {
  push(bytes: Uint8Array, byteToken: boolean): string;
  flush(): string;
}

const REPLACEMENT = '\ufffd';

/** A decoder with its own state. See `Tokenizer.createDecoder`. */
export function createStreamingDecoder(model: TokenizerModel, options: DecodeOptions = {}): StreamingDecoder {
  const { types, leadingSpace } = model;
  const skipSpecial = options.skipSpecial ?? true;
  const keepSpace = leadingSpace === 'keep' || (options.continuation ?? false);
  const bytesToText = createByteText(model);
  let firstToken = true;
  let spacePending = !keepSpace;

  const begin = (): void => {
    firstToken = true;
    spacePending = !keepSpace;
  };
  /** Takes the space off that encoding put in front. */
  const strip = (text: string): string => {
    if (!spacePending || text === '') return text;
    spacePending = false;
    return leadingSpace === 'strip-one' && text.startsWith(' ') ? text.slice(1) : text;
  };
  return {
    push(id) {
      checkId(model, id);
      const type = types[id];
      let bytes = tokenBytesInText(model, id);
      if (bytes === undefined && skipSpecial) return '';
      bytes ??= tokenView(model.tokens, id);
      if (firstToken && !keepSpace && leadingSpace === 'strip-first-token' && type !== TOKEN_TYPE.byte) {
        bytes = bytes.filter((byte) => byte !== 0x20);
      }
      firstToken = false;
      // The sentencepiece library takes the space off a piece, not off a byte that happens to be one.
      if (type === TOKEN_TYPE.byte && model.invalidBytes === 'byte') spacePending = false;
      return strip(bytesToText.push(bytes, type === TOKEN_TYPE.byte));
    },
    flush() {
      const text = strip(bytesToText.flush());
      begin();
      return text;
    },
  };
}

/** All ids at once; the same text as the streaming decoder gives. */
export function decodeAll(model: TokenizerModel, ids: readonly number[], options?: DecodeOptions): string {
  const decoder = createStreamingDecoder(model, options);
  let text = '';
  for (const id of ids) text += decoder.push(id);
  return text + decoder.flush();
}

/** Throws RangeError unless the id is in the vocabulary. */
export function checkId(model: TokenizerModel, id: number): void {
  if (!Number.isInteger(id) || id < 0 || id >= tokenCount(model.tokens)) {
    throw new RangeError(`token id ${id} is outside the vocabulary of ${tokenCount(model.tokens)}`);
  }
}

/** Whether a token is left out of decoded text by default. */
export function isSpecialType(type: number | undefined): boolean {
  return type === TOKEN_TYPE.control || type === TOKEN_TYPE.unknown;
}

const QUESTION_MARK: Uint8Array = Uint8Array.of(0x3f);

/** The bytes of a token in text where special tokens are left out; undefined for those. */
function tokenBytesInText(model: TokenizerModel, id: number): Uint8Array | undefined {
  if (!isSpecialType(model.types[id])) return tokenView(model.tokens, id);
  // The sections of SLM1 say that UNK decodes to a question mark.
  const slm1 = model.kind === 'byte' || model.kind === 'byte-pair-ids';
  return slm1 && id === model.special.unk ? QUESTION_MARK : undefined;
}

function createByteText(model: TokenizerModel): ByteText {
  switch (model.invalidBytes) {
    case 'sequence':
      return sequences();
    case 'byte':
      return singleBytes();
    case 'run':
      return wholeRuns();
  }
}

/** The platform's decoder does it: unfinished characters wait, U+FFFD per maximal part, a byte-order mark is text. */
function sequences(): ByteText {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    push: (bytes) => decoder.decode(bytes, { stream: true }),
    flush: () => decoder.decode(),
  };
}

/** U+FFFD for each byte of a run of byte tokens that is not part of a whole character. */
function singleBytes(): ByteText {
  const plain = new TextDecoder('utf-8', { ignoreBOM: true });
  let pending: number[] = [];
  const settle = (end: boolean): string => {
    let text = '';
    while (pending.length > 0) {
      const length = characterBytes(pending);
      if (length === 'unfinished' && !end) break;
      if (typeof length === 'number') {
        text += plain.decode(Uint8Array.from(pending.slice(0, length)));
        pending = pending.slice(length);
      } else {
        text += REPLACEMENT;
        pending = pending.slice(1);
      }
    }
    return text;
  };
  return {
    push(bytes, byteToken) {
      if (!byteToken) return settle(true) + plain.decode(bytes);
      for (const byte of bytes) pending.push(byte);
      return settle(false);
    },
    flush: () => settle(true),
  };
}

/** A run of byte tokens is either UTF-8 as a whole, or U+FFFD for each of its bytes. */
function wholeRuns(): ByteText {
  const plain = new TextDecoder('utf-8', { ignoreBOM: true });
  const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
  let run: number[] = [];
  const settle = (): string => {
    if (run.length === 0) return '';
    const bytes = Uint8Array.from(run);
    run = [];
    try {
      return strict.decode(bytes);
    } catch {
      return REPLACEMENT.repeat(bytes.length);
    }
  };
  return {
    push(bytes, byteToken) {
      if (!byteToken) return settle() + plain.decode(bytes);
      for (const byte of bytes) run.push(byte);
      return '';
    },
    flush: settle,
  };
}

/**
 * The length of the UTF-8 character at the start of `bytes`; `unfinished` where more bytes could complete it, `invalid`
 * where none could. Source: table 3-7 of the Unicode Standard (well-formed byte sequences).
 */
function characterBytes(bytes: readonly number[]): number | 'unfinished' | 'invalid' {
  const lead = bytes[0] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 'invalid';
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // The second byte keeps overlong forms, surrogates and values above U+10FFFF out.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < length; i++) {
    const byte = bytes[i];
    if (byte === undefined) return 'unfinished';
    if (byte < (i === 1 ? low : 0x80) || byte > (i === 1 ? high : 0xbf)) return 'invalid';
  }
  return length;
}
