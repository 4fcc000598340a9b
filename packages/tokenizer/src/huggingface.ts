/**
 * The tokenizer of a Hugging Face directory: `tokenizer.json`, and `tokenizer_config.json` beside it.
 *
 * `tokenizer.json` describes a pipeline of components: normalizer, pre-tokenizer, model, post-processor, decoder. Two
 * kinds of pipelines are understood, byte-level BPE and SentencePiece-like BPE; a component, option or pattern outside
 * of what they use is refused by its name, because each of them changes the ids. Source: huggingface/tokenizers, the
 * `Serialize` implementations of its components.
 */
import { isJsonObject, type JsonValue, parseStrictJson, sanitizeText } from '@mirust/core';
import { type HfConfig, readTokenizerConfig } from './_hf-config.ts';
import { type HfTemplate, readDecoder, readPostProcessor } from './_hf-decoder.ts';
import { objectAt, onlyFields, unsupported } from './_hf-json.ts';
import { type HfNormalizer, type HfPreTokenizer, readNormalizer, readPreTokenizer } from './_hf-normalizer.ts';
import { buildHfTables, type HfAddedToken, type HfModel, readAddedTokens, readModel } from './_hf-vocabulary.ts';
import { plainModel } from './_plain-model.ts';
import { createWarningList, type WarningList } from './_vocabulary.ts';
import { endOfGenerationByName, withEndOfGeneration } from './end-of-generation.ts';
import { tokenizerError } from './errors.ts';
import type { ImportedTokenizer, SpecialIds, TokenizerModel } from './model.ts';

/**
 * Reads the tokenizer. Without `tokenizerConfigJson` the roles are those that the post-processor shows. Throws
 * `TOKENIZER_UNSUPPORTED` with the name of what is not understood, `JSON_…` for text that is no JSON, and the codes of
 * `TOKENIZER_ERRORS`.
 */
export function tokenizerFromHuggingFace(tokenizerJson: string, tokenizerConfigJson?: string): ImportedTokenizer {
  const root = objectAt(parseStrictJson(tokenizerJson, { what: 'tokenizer.json' }), 'tokenizer.json');
  onlyFields(
    { type: 'tokenizer', path: 'tokenizer.json', fields: root },
    ...['version', 'truncation', 'padding', 'added_tokens', 'normalizer', 'pre_tokenizer', 'post_processor'],
    ...['decoder', 'model'],
  );
  const warnings = createWarningList();
  warnOfCutting(root.get('truncation'), root.get('padding'), warnings);
  const config = tokenizerConfigJson === undefined ? {} : readTokenizerConfig(tokenizerConfigJson);
  const normalizer = readNormalizer(root.get('normalizer'));
  const preTokenizer = readPreTokenizer(root.get('pre_tokenizer'), normalizer.marksSpaces);
  const hfModel = readModel(root.get('model'));
  checkCombination(hfModel, normalizer, preTokenizer);
  const { byteLevel } = preTokenizer;
  const added = readAddedTokens(root.get('added_tokens'), normalizer.prepends);
  const template = readPostProcessor(root.get('post_processor'));
  const roles = readRoles(hfModel, added, config, template, warnings);
  const { bos, eos, pad, unk } = roles.special;
  // A token that is BOS, EOS or PAD too is a marker first.
  const unknown = unk === bos || unk === eos || unk === pad ? undefined : unk;
  const tables = buildHfTables(hfModel, added, byteLevel, unknown, warnings);
  if (
    config.addPrefixSpace !== undefined &&
    config.addPrefixSpace !== (spacePrefixOf(normalizer, preTokenizer) !== 'never')
  ) {
    warnings.add('CONFIG_DISAGREES', 'add_prefix_space of tokenizer_config.json: tokenizer.json counts');
  }
  const model: TokenizerModel = {
    ...plainModel(byteLevel ? 'byte-level-bpe' : 'sentencepiece-bpe', tables.tokens, tables.types),
    ...tables,
    ...roles,
    ...readDecoder(root.get('decoder'), byteLevel, hfModel.byteFallback),
    normalizer: normalizer.normalizer,
    spacePrefix: spacePrefixOf(normalizer, preTokenizer),
    spacePrefixUnlessPresent: !normalizer.prepends && preTokenizer.spacePrefix !== 'never',
    preTokenizer: preTokenizer.steps,
    ignoreMerges: hfModel.ignoreMerges,
    byteFallback: hfModel.byteFallback,
    fuseUnknown: hfModel.fuseUnknown,
  };
  return { model: withEndOfGeneration(model, endOfGenerationByName(model)), warnings: warnings.finish() };
}

function warnOfCutting(truncation: JsonValue | undefined, padding: JsonValue | undefined, warnings: WarningList): void {
  for (const [name, value] of [
    ['truncation', truncation],
    ['padding', padding],
  ] as const) {
    if (isJsonObject(value)) warnings.add('TRUNCATION_IGNORED', `tokenizer.json has a ${name}, which is not applied`);
  }
}

function spacePrefixOf(normalizer: HfNormalizer, preTokenizer: HfPreTokenizer): TokenizerModel['spacePrefix'] {
  return normalizer.prepends ? 'fragment' : preTokenizer.spacePrefix;
}

/** The components must be those of one kind of pipeline. */
function checkCombination(model: HfModel, normalizer: HfNormalizer, preTokenizer: HfPreTokenizer): void {
  const { byteLevel, metaspace, spacePrefix } = preTokenizer;
  const marks = normalizer.marksSpaces || normalizer.prepends || metaspace;
  if (byteLevel && marks) throw unsupported('pre_tokenizer', 'ByteLevel together with ▁');
  if (byteLevel && model.byteFallback) throw unsupported('model', 'byte_fallback with ByteLevel');
  if (byteLevel) return;
  if (!normalizer.marksSpaces && !metaspace)
    throw unsupported('pre_tokenizer', 'BPE that is neither byte-level nor has ▁');
  if (normalizer.prepends && spacePrefix !== 'never')
    throw unsupported('pre_tokenizer', 'Prepend together with Metaspace');
  if (model.ignoreMerges) throw unsupported('model', 'ignore_merges without ByteLevel');
}

/** The roles of tokens, and whether BOS and EOS are added. What the configuration says counts before the template. */
function readRoles(
  model: HfModel,
  added: readonly HfAddedToken[],
  config: HfConfig,
  template: HfTemplate,
  warnings: WarningList,
): Pick<TokenizerModel, 'special' | 'addBos' | 'addEos'> {
  const ids = new Map(model.vocab);
  for (const { content, id } of added) ids.set(content, id);
  const idOf = (role: string, text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    const id = ids.get(text);
    if (id === undefined) warnings.add('CONFIG_DISAGREES', `the ${role} token "${sanitizeText(text)}" is no token`);
    return id;
  };
  if (model.unknown !== undefined && !ids.has(model.unknown)) {
    throw tokenizerError('TOKENIZER_FIELD', `model.unk_token "${sanitizeText(model.unknown)}" is no token`, {
      key: 'model.unk_token',
    });
  }
  const [before] = template.before;
  const [behind] = template.behind;
  const special: { -readonly [Role in keyof SpecialIds]: SpecialIds[Role] } = {};
  const set = (role: keyof SpecialIds, id: number | undefined): void => {
    if (id !== undefined) special[role] = id;
  };
  set('bos', idOf('bos', config.bos) ?? before);
  set('eos', idOf('eos', config.eos) ?? behind);
  set('pad', idOf('pad', config.pad));
  set('unk', idOf('unk', model.unknown ?? config.unk));
  const decide = (role: 'bos' | 'eos', wanted: boolean | undefined, inTemplate: number | undefined): boolean => {
    if (inTemplate !== undefined && inTemplate !== special[role]) {
      throw unsupported('post_processor', `the token ${inTemplate} around a text, which is not the ${role} token,`);
    }
    if (wanted === undefined) return inTemplate !== undefined;
    if (wanted !== (inTemplate !== undefined)) {
      warnings.add('CONFIG_DISAGREES', `add_${role}_token of tokenizer_config.json counts, not the post-processor`);
    }
    return wanted && special[role] !== undefined;
  };
  return { special, addBos: decide('bos', config.addBos, before), addEos: decide('eos', config.addEos, behind) };
}
