/**
 * Our readers against those that others have written, on files that are right, nearly right and wrong. Verdicts of the
 * others were taken by `fixtures/oracles/differential.py`. Every disagreement has a reason that is written here.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DIFFERENTIAL_FORMATS, differentialCases } from '../src/differential/cases.mjs';
import { ourVerdict } from '../src/differential/facts.mjs';

/** What we refuse and the other reader takes, by our code: why. */
const STRICTER = {
  safetensors: {
    SAFETENSORS_DTYPE_UNSUPPORTED: 'A type of the format that nothing here computes with, refused by name.',
    SAFETENSORS_ENTRY:
      'A field that the format does not have could change what the data mean: the crate passes over it.',
  },
  gguf: {
    GGUF_TENSOR_MISALIGNED: 'gguf-py maps any offset; llama.cpp refuses it as we do.',
    GGUF_TENSOR_OVERLAP: 'Bytes that belong to two tensors: one is written over by whoever changes the other.',
    GGUF_TENSOR_GAP: 'Bytes that belong to none: something can hide in them.',
    GGUF_NAME_LENGTH: 'An empty name names nothing.',
    GGUF_KEY_LENGTH: 'An empty key names nothing.',
    GGUF_BOOL: 'A boolean is 0 or 1; gguf-py takes any byte for true.',
    INVALID_UTF8: 'gguf-py decodes a string only when it is asked for it, and then fails.',
  },
  'tokenizer-json': {
    JSON_DUPLICATE_KEY: 'The library keeps the last of two equal keys: two readers can see two tokenizers.',
    TOKENIZER_UNSUPPORTED:
      'A part that we do not have, or an unknown field, which the library passes over: refused by name.',
    TOKENIZER_FIELD: 'A part without a type, which the library takes for another part by the fields that it has.',
    TOKENIZER_TOKEN_DUPLICATE: 'One id for two tokens, or two for one: the library keeps the last.',
    TOKENIZER_MERGE_DUPLICATE: 'Two ranks for one pair: the library keeps the last.',
  },
  sentencepiece: {
    INVALID_UTF8: 'The library keeps bytes that are no text.',
    SENTENCEPIECE_INVALID:
      'A known field of another wire type, which protocol buffers pass over: a default takes its place.',
    TOKENIZER_TOKEN_TYPE:
      'A type that does not exist, which protocol buffers pass over: the piece becomes a normal one.',
    TOKENIZER_SCORE: 'A score that is not a number has no place in the order of merges.',
    TOKENIZER_UNSUPPORTED: 'Models that are not BPE are refused by name.',
  },
};

/** What we take and the other reader refuses, by the beginning of its message: why. */
const LAXER = {
  safetensors: [],
  gguf: [],
  'tokenizer-json': [
    [/missing field/, "An absent flag has the library's own default here; the library writes all, and wants all."],
    [/data did not match/, 'Templates of pairs and settings of decoders that change no text are not read.'],
    [/invalid type/, 'The version, how texts are cut, and offsets into texts concern nothing that is done here.'],
  ],
  sentencepiece: [],
};

/** Texts that our reader refuses to encode, because the vocabulary lacks a byte, are null; the others must be the same. */
function sameFacts(ours, theirs) {
  if (!Array.isArray(ours)) return JSON.stringify(ours) === JSON.stringify(theirs);
  return ours.every((one, index) => one === null || JSON.stringify(one) === JSON.stringify(theirs[index]));
}

/** Why two verdicts may differ; undefined where they may not: both readers take a file, and see different things. */
function reasonFor(format, ours, theirs) {
  if (ours.facts !== undefined && theirs.facts !== undefined) return undefined;
  if (ours.code !== undefined) return STRICTER[format][ours.code];
  return LAXER[format].find(([pattern]) => pattern.test(theirs.error))?.[1];
}

describe.each(DIFFERENTIAL_FORMATS)('%s', (format) => {
  it('agrees with the reference reader, or has a reason', async () => {
    const path = new URL(`../../fixtures/oracles/differential/${format}.json`, import.meta.url);
    const verdicts = JSON.parse(readFileSync(path, 'utf8'));
    const disagreements = [];
    const reasons = new Set();
    let taken = 0;
    let refused = 0;
    for (const { bytes, digest } of await differentialCases(format)) {
      const theirs = verdicts[digest];
      if (theirs === undefined) throw new Error(`no verdict on ${digest}: run fixtures/oracles/differential.py`);
      const ours = await ourVerdict(format, bytes);
      if (ours.facts !== undefined && theirs.facts !== undefined && sameFacts(ours.facts, theirs.facts)) taken++;
      else if (ours.code !== undefined && theirs.error !== undefined) refused++;
      else {
        const reason = reasonFor(format, ours, theirs);
        if (reason === undefined) disagreements.push({ digest, ours, theirs });
        reasons.add(reason);
      }
    }
    expect(disagreements).toEqual([]);
    // A reason that no file needs is no reason.
    const known = [...Object.values(STRICTER[format]), ...LAXER[format].map(([, reason]) => reason)];
    expect([...reasons].sort()).toEqual(known.sort());
    // Both kinds of agreement occur, or nothing was compared.
    expect(taken).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(50);
  });
});
