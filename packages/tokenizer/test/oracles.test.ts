/** What the original libraries make of odd text (`fixtures/oracles`), held against ours. */
import { describe, expect, it } from 'vitest';
import {
  createTokenizer,
  readTokn,
  tokenizerFromHuggingFace,
  tokenizerFromSentencePiece,
  writeTokn,
} from '../src/index.ts';
import { fixtureBytes, fixtureText } from './_assets.ts';

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
  readonly idsWithSpecial: readonly number[];
  readonly decoded: string;
  readonly decodedWithSpecial: string;
  readonly decodedSkip: string;
}

interface Golden {
  readonly cases: readonly Case[];
  readonly pieces: readonly { readonly ids: readonly number[]; readonly decoded: string }[];
}

const KINDS = ['gpt2', 'llama3', 'qwen2', 'llama2', 'llama2-metaspace'];

describe.each(KINDS)('Hugging Face tokenizers: %s', (kind) => {
  const golden = JSON.parse(fixtureText(`oracles/tokenizers/${kind}/golden.json`)) as Golden;
  const { model, warnings } = tokenizerFromHuggingFace(fixtureText(`oracles/tokenizers/${kind}/tokenizer.json`));
  // What is stored in an artifact must do as well as what was read.
  const tokenizer = createTokenizer(readTokn(writeTokn(model)));

  it('is read without a warning', () => {
    expect(warnings).toEqual([]);
    expect(golden.cases.length).toBeGreaterThan(80);
  });

  it('gives the ids', () => {
    const ours = golden.cases.map(({ text }) => ({
      text,
      ids: tokenizer.encode(text, { addSpecial: false }),
      idsWithSpecial: tokenizer.encode(text),
    }));
    expect(ours).toEqual(golden.cases.map(({ text, ids, idsWithSpecial }) => ({ text, ids, idsWithSpecial })));
  });

  it('gives the text', () => {
    const ours = golden.cases.map(({ ids, idsWithSpecial }) => ({
      decoded: tokenizer.decode(ids, { skipSpecial: false }),
      decodedWithSpecial: tokenizer.decode(idsWithSpecial, { skipSpecial: false }),
      decodedSkip: tokenizer.decode(idsWithSpecial),
    }));
    expect(ours).toEqual(
      golden.cases.map(({ decoded, decodedWithSpecial, decodedSkip }) => ({
        decoded,
        decodedWithSpecial,
        decodedSkip,
      })),
    );
  });

  it('marks unfinished characters as the library does', () => {
    const ours = golden.pieces.map(({ ids }) => tokenizer.decode(ids, { skipSpecial: false }));
    expect(ours).toEqual(golden.pieces.map(({ decoded }) => decoded));
  });
});

describe('sentencepiece', () => {
  const golden = JSON.parse(fixtureText('oracles/sentencepiece/bpe/golden.json')) as Golden;
  const { model, warnings } = tokenizerFromSentencePiece(fixtureBytes('oracles/sentencepiece/bpe/tokenizer.model'));
  const tokenizer = createTokenizer(readTokn(writeTokn(model)));

  it('gives the ids and the text', () => {
    expect(warnings).toEqual([]);
    const ours = golden.cases.map(({ text, ids }) => ({
      text,
      // To the library the name of a control token is text like any other.
      ids: tokenizer.encode(text, { addSpecial: false, parseSpecial: false }),
      decoded: tokenizer.decode(ids),
    }));
    expect(ours).toEqual(golden.cases);
  });

  it('marks unfinished characters as the library does', () => {
    expect(golden.pieces.map(({ ids }) => tokenizer.decode(ids))).toEqual(golden.pieces.map(({ decoded }) => decoded));
  });

  it('refuses a unigram model by its name', () => {
    const bytes = fixtureBytes('oracles/sentencepiece/unigram/tokenizer.model');
    expect(() => tokenizerFromSentencePiece(bytes)).toThrow(/unigram/);
  });
});
