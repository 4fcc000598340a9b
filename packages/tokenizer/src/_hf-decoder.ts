/** `decoder` and `post_processor` of `tokenizer.json`. */
import { isJsonObject, type JsonValue } from '@mirust/core';
import {
  arrayAt,
  componentsOf,
  fieldError,
  idAt,
  objectAt,
  onlyFields,
  quoted,
  stringAt,
  unsupported,
} from './_hf-json.ts';
import { readMetaspace } from './_hf-normalizer.ts';
import { SPACE_MARK } from './_vocabulary.ts';
import type { TokenizerModel } from './model.ts';

/**
 * Reads `decoder`. A byte-level tokenizer has ByteLevel. The other kind has Metaspace, or Replace of `▁`, then
 * ByteFallback and Fuse, and Strip of one space in front where encoding puts one there.
 */
export function readDecoder(
  value: JsonValue | undefined,
  byteLevel: boolean,
  byteFallback: boolean,
): Pick<TokenizerModel, 'leadingSpace' | 'invalidBytes'> {
  let leadingSpace: TokenizerModel['leadingSpace'] = 'keep';
  const seen = new Set<string>();
  for (const component of componentsOf(value, 'decoder', 'decoders')) {
    const { type, path, fields } = component;
    if (seen.has(type) || (byteLevel ? type !== 'ByteLevel' && type !== 'Fuse' : type === 'ByteLevel')) {
      throw unsupported(path, quoted(type));
    }
    switch (type) {
      case 'ByteLevel':
        onlyFields(component, 'add_prefix_space', 'trim_offsets', 'use_regex');
        break;
      case 'ByteFallback':
      case 'Fuse':
        onlyFields(component);
        break;
      case 'Metaspace':
        leadingSpace = readMetaspace(component) === 'never' ? 'keep' : 'strip-first-token';
        break;
      case 'Replace': {
        onlyFields(component, 'pattern', 'content');
        const pattern = fields.get('pattern');
        const from = isJsonObject(pattern) ? pattern.get('String') : undefined;
        if (from !== SPACE_MARK || fields.get('content') !== ' ')
          throw unsupported(path, 'Replace of anything but ▁ by a space');
        break;
      }
      case 'Strip': {
        onlyFields(component, 'content', 'start', 'stop');
        if (fields.get('content') !== ' ' || fields.get('start') !== 1 || fields.get('stop') !== 0) {
          throw unsupported(path, 'Strip of anything but one space in front');
        }
        // Before Fuse it would strip every token.
        if (!seen.has('Fuse')) throw unsupported(path, 'Strip without Fuse before it');
        leadingSpace = 'strip-one';
        break;
      }
      default:
        throw unsupported(path, quoted(type));
    }
    seen.add(type);
  }
  if (byteLevel ? !seen.has('ByteLevel') : seen.has('Metaspace') === seen.has('Replace')) {
    throw unsupported('decoder', byteLevel ? 'byte-level BPE without ByteLevel' : 'no decoder, or two, for ▁');
  }
  if (!byteLevel && seen.has('ByteFallback') !== byteFallback) {
    throw unsupported('decoder', 'byte_fallback in the model or in the decoder, without the other,');
  }
  return { leadingSpace, invalidBytes: byteFallback ? 'run' : 'sequence' };
}

/** The ids that a post-processor puts around a text. */
export interface HfTemplate {
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

/** Reads `post_processor`: TemplateProcessing for one text, and ByteLevel, which only moves offsets. */
export function readPostProcessor(value: JsonValue | undefined): HfTemplate {
  let template: HfTemplate = { before: [], behind: [] };
  let templates = 0;
  for (const component of componentsOf(value, 'post_processor', 'processors')) {
    const { type, path, fields } = component;
    if (type === 'ByteLevel') {
      onlyFields(component, 'add_prefix_space', 'trim_offsets', 'use_regex');
      continue;
    }
    if (type !== 'TemplateProcessing') throw unsupported(path, quoted(type));
    onlyFields(component, 'single', 'pair', 'special_tokens');
    templates += 1;
    if (templates > 1) throw unsupported(path, 'a second TemplateProcessing');
    template = readTemplate(fields.get('single'), fields.get('special_tokens'), path);
  }
  return template;
}

function readTemplate(single: JsonValue | undefined, specials: JsonValue | undefined, path: string): HfTemplate {
  const before: number[] = [];
  const behind: number[] = [];
  const names = objectAt(specials, `${path}.special_tokens`);
  let texts = 0;
  for (const [index, value] of arrayAt(single, `${path}.single`).entries()) {
    const at = `${path}.single[${index}]`;
    const piece = objectAt(value, at);
    const special = piece.get('SpecialToken');
    const sequence = piece.get('Sequence');
    if (special !== undefined) {
      const name = stringAt(objectAt(special, at).get('id'), `${at}.id`);
      const entry = objectAt(names.get(name), `${path}.special_tokens.${name}`);
      const ids = arrayAt(entry.get('ids'), `${path}.special_tokens.${name}.ids`);
      for (const id of ids) (texts === 0 ? before : behind).push(idAt(id, `${path}.special_tokens.${name}.ids`));
    } else if (sequence !== undefined) {
      if (objectAt(sequence, at).get('id') !== 'A') throw unsupported(at, 'a second text in the template of one');
      texts += 1;
    } else throw fieldError(at, 'a SpecialToken or a Sequence', value);
  }
  if (texts !== 1) throw unsupported(path, `a template with ${texts} texts`);
  if (before.length > 1 || behind.length > 1)
    throw unsupported(path, 'more than one token in front of a text or behind it');
  return { before, behind };
}
