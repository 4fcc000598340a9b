/** What each step cuts, by hand; the oracles check the patterns on more text. */
import { expect, it } from 'vitest';
import type { PreTokenizerStep } from '../src/index.ts';
import { createPreTokenizer } from '../src/pre-tokenizer.ts';

it.each<[readonly PreTokenizerStep[], string, readonly string[]]>([
  [[], 'not cut at all', ['not cut at all']],
  [['gpt2'], '', []],
  [['gpt2'], "We've 12 cats!!  \n", ['We', "'ve", ' 12', ' cats', '!!', '  \n']],
  [['gpt2'], "WE'VE  x", ['WE', "'", 'VE', ' ', ' x']],
  // U+0085 is white space, U+FEFF is not, whatever JavaScript's \s says.
  [['gpt2'], 'a\u0085\ufeffb', ['a', '\u0085', '\ufeff', 'b']],
  [['llama3'], "WE'VE 12345 cats\r\n\n x", ['WE', "'VE", ' ', '123', '45', ' cats', '\r\n\n', ' x']],
  [['llama3'], 'a.b!\n\nc', ['a', '.b', '!\n\n', 'c']],
  [['llama3'], "x'\u017f", ['x', "'\u017f"]],
  [['qwen2'], '1234 a', ['1', '2', '3', '4', ' a']],
  [['tekken'], 'camelCase HTTPServer/\n1', ['camel', 'Case', ' HTTPServer', '/\n', '1']],
  [['digit'], 'a12b', ['a', '1', '2', 'b']],
  [['digits'], 'a12b½c', ['a', '12', 'b', '½', 'c']],
  [['digit-triples'], '1234567', ['123', '456', '7']],
  [['punctuation'], 'a,b$«c', ['a', ',', 'b', '$«', 'c']],
  [['punctuation-falcon'], 'a`$b%c#d', ['a', '`$', 'b', '%', 'c', '#', 'd']],
  [['punctuation-default'], 'a`$b', ['a`', '$', 'b']],
  [['spaces'], ' a  b', [' a', ' ', ' b']],
  [['digit', 'gpt2'], 'in 42', ['in', ' ', '4', '2']],
  [['byte-alphabet'], ' é', ['ĠÃ©']],
  // A half has a byte whose character in the alphabet is a number.
  [['byte-alphabet', 'digits'], '½1', ['Â', '½1']],
])('%j cuts %j', (steps, text, pieces) => {
  expect(createPreTokenizer(steps)(text)).toEqual(pieces);
});
