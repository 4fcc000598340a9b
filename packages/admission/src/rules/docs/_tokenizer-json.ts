/** tokenizer.json of examples. */
import type { ExampleInput } from './rule-doc.ts';

/** A tokenizer.json around a model. */
export const tokenizerJson = (model: string, more = ''): ExampleInput => ({
  file: 'tokenizer.json',
  text: `{"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
 "decoder": {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},${more}
 "model": ${model}}`,
});
