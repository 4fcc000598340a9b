/** What `tokenizer_config.json` adds: which tokens have a role, and whether BOS and EOS are added. */
import { isJsonObject, parseStrictJson } from '@mirust/core';
import { booleanAt, fieldError, objectAt } from './_hf-json.ts';

/** See the module comment. A field is absent where the file is silent. */
export interface HfConfig {
  readonly bos?: string;
  readonly eos?: string;
  readonly unk?: string;
  readonly pad?: string;
  readonly addBos?: boolean;
  readonly addEos?: boolean;
  readonly addPrefixSpace?: boolean;
}

/**
 * Reads the file. Other fields concern the library that wrote it, or chat templates. `clean_up_tokenization_spaces`
 * (which would remove spaces before punctuation from decoded text) is left out on purpose: it changes the text.
 */
export function readTokenizerConfig(json: string): HfConfig {
  const fields = objectAt(parseStrictJson(json, { what: 'tokenizer_config.json' }), 'tokenizer_config');
  const config: { -readonly [Name in keyof HfConfig]: HfConfig[Name] } = {};
  for (const role of ['bos', 'eos', 'unk', 'pad'] as const) {
    const value = fields.get(`${role}_token`) ?? null;
    const content = isJsonObject(value) ? value.get('content') : value;
    if (content === null) continue;
    if (typeof content !== 'string') throw fieldError(`${role}_token`, 'a token or null', content);
    config[role] = content;
  }
  const flags = [
    ['addBos', 'add_bos_token'],
    ['addEos', 'add_eos_token'],
    ['addPrefixSpace', 'add_prefix_space'],
  ] as const;
  for (const [name, key] of flags) {
    const value = fields.get(key) ?? null;
    if (value !== null) config[name] = booleanAt(value, key, false);
  }
  return config;
}
