/** `normalizer` and `pre_tokenizer` of `tokenizer.json`. */
import { isJsonObject, type JsonValue } from '@mirust/core';
import {
  booleanAt,
  type Component,
  componentsOf,
  fieldError,
  onlyFields,
  quoted,
  stringAt,
  unsupported,
} from './_hf-json.ts';
import { SPACE_MARK } from './_vocabulary.ts';
import type { PreTokenizerStep, SpacePrefix, TokenizerModel } from './model.ts';

/** What the normalizers amount to. */
export interface HfNormalizer {
  readonly normalizer: TokenizerModel['normalizer'];
  /** `▁` is put in front of every fragment. */
  readonly prepends: boolean;
  /** Spaces become `▁`. */
  readonly marksSpaces: boolean;
}

/** Reads `normalizer`: NFC, `Prepend` of `▁`, `Replace` of a space by `▁`, in a `Sequence` or alone. */
export function readNormalizer(value: JsonValue | undefined): HfNormalizer {
  let nfc = false;
  let prepends = false;
  let marksSpaces = false;
  for (const component of componentsOf(value, 'normalizer', 'normalizers')) {
    const { type, path, fields } = component;
    if (type === 'NFC') {
      onlyFields(component);
      // Composing after the mark was put in front gives the same: nothing composes with it.
      nfc = true;
    } else if (type === 'Prepend') {
      onlyFields(component, 'prepend');
      const text = stringAt(fields.get('prepend'), `${path}.prepend`);
      if (text !== SPACE_MARK || prepends) throw unsupported(path, `Prepend of ${quoted(text)}`);
      prepends = true;
    } else if (type === 'Replace') {
      onlyFields(component, 'pattern', 'content');
      const content = stringAt(fields.get('content'), `${path}.content`);
      const pattern = patternAt(fields.get('pattern'), `${path}.pattern`);
      if (pattern.regex || pattern.text !== ' ' || content !== SPACE_MARK) {
        throw unsupported(path, `Replace of ${quoted(pattern.text)} by ${quoted(content)}`);
      }
      marksSpaces = true;
    } else throw unsupported(path, quoted(type));
  }
  return { normalizer: nfc ? 'nfc' : 'none', prepends, marksSpaces };
}

/** What the pre-tokenizers amount to. */
export interface HfPreTokenizer {
  readonly steps: readonly PreTokenizerStep[];
  readonly byteLevel: boolean;
  readonly metaspace: boolean;
  readonly spacePrefix: SpacePrefix;
}

/**
 * `Split` patterns that are known, by their exact text. They are run as our own (see `pre-tokenizer.ts`). The four with
 * alternatives match every character, so that it does not matter whether the matches or the gaps are called separators.
 */
const PATTERNS: ReadonlyMap<string, PreTokenizerStep> = new Map([
  [String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, 'gpt2'],
  [String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, 'gpt2'],
  [
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    'llama3',
  ],
  [
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    'qwen2',
  ],
  [
    String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    'tekken',
  ],
  ['[0-9][0-9][0-9]', 'digit-triples'],
  [String.raw`\p{N}`, 'digit'],
]);

const COVERING: ReadonlySet<PreTokenizerStep> = new Set(['gpt2', 'llama3', 'qwen2', 'tekken']);

/** Reads `pre_tokenizer`: ByteLevel, Split, Digits, Punctuation, Metaspace, in a `Sequence` or alone. */
export function readPreTokenizer(value: JsonValue | undefined, marksSpaces: boolean): HfPreTokenizer {
  const steps: PreTokenizerStep[] = [];
  let byteLevel = false;
  let metaspace = false;
  let spacePrefix: SpacePrefix = 'never';
  for (const component of componentsOf(value, 'pre_tokenizer', 'pretokenizers')) {
    const { type, path, fields } = component;
    if (byteLevel && !steps.includes('byte-alphabet')) steps.push('byte-alphabet');
    switch (type) {
      case 'ByteLevel': {
        onlyFields(component, 'add_prefix_space', 'trim_offsets', 'use_regex');
        if (byteLevel) throw unsupported(path, 'a second ByteLevel');
        byteLevel = true;
        if (booleanAt(fields.get('add_prefix_space'), `${path}.add_prefix_space`, true)) {
          if (steps.length > 0) throw unsupported(path, 'add_prefix_space behind another step');
          spacePrefix = 'fragment';
        }
        if (booleanAt(fields.get('use_regex'), `${path}.use_regex`, true)) steps.push('gpt2');
        break;
      }
      case 'Split': {
        const step = readSplit(component, marksSpaces);
        if (step !== undefined) steps.push(step);
        break;
      }
      case 'Digits':
        onlyFields(component, 'individual_digits');
        steps.push(booleanAt(fields.get('individual_digits'), `${path}.individual_digits`, false) ? 'digit' : 'digits');
        break;
      case 'Punctuation': {
        onlyFields(component, 'behavior');
        const behavior = fields.get('behavior') ?? 'Isolated';
        if (behavior !== 'Contiguous')
          throw unsupported(path, `Punctuation with the behavior ${quoted(String(behavior))}`);
        steps.push('punctuation');
        break;
      }
      case 'Metaspace': {
        if (steps.length > 0 || metaspace) throw unsupported(path, 'Metaspace behind another step');
        metaspace = true;
        spacePrefix = readMetaspace(component);
        if (booleanAt(fields.get('split'), `${path}.split`, true)) steps.push('spaces');
        break;
      }
      default:
        throw unsupported(path, quoted(type));
    }
  }
  return { steps, byteLevel, metaspace, spacePrefix };
}

/** Where a Metaspace (pre-tokenizer or decoder) puts its mark in front. */
export function readMetaspace(component: Component): SpacePrefix {
  const { path, fields } = component;
  onlyFields(component, 'replacement', 'add_prefix_space', 'prepend_scheme', 'split', 'str_rep');
  const replacement = stringAt(fields.get('replacement'), `${path}.replacement`);
  if (replacement !== SPACE_MARK) throw unsupported(path, `Metaspace with ${quoted(replacement)}`);
  // Older files have a boolean instead of the scheme, some have both.
  const older = booleanAt(fields.get('add_prefix_space'), `${path}.add_prefix_space`, true);
  const scheme = fields.get('prepend_scheme') ?? (older ? 'always' : 'never');
  if (scheme === 'never') return 'never';
  if (!older) throw unsupported(path, 'a prepend_scheme that contradicts add_prefix_space');
  if (scheme === 'always') return 'fragment';
  if (scheme === 'first') return 'start';
  throw unsupported(path, `the prepend_scheme ${quoted(String(scheme))}`);
}

/** The step of a `Split`; undefined for one that does nothing. */
function readSplit(component: Component, marksSpaces: boolean): PreTokenizerStep | undefined {
  const { path, fields } = component;
  onlyFields(component, 'pattern', 'behavior', 'invert');
  const pattern = patternAt(fields.get('pattern'), `${path}.pattern`);
  const behavior = stringAt(fields.get('behavior'), `${path}.behavior`);
  const invert = booleanAt(fields.get('invert'), `${path}.invert`, false);
  // Gemma splits at spaces after all of them became marks.
  if (!pattern.regex && pattern.text === ' ' && marksSpaces) return undefined;
  const step = pattern.regex ? PATTERNS.get(pattern.text) : undefined;
  if (step === undefined) throw unsupported(path, `the pattern ${quoted(pattern.text)}`);
  const isolated = behavior === 'Isolated' && (!invert || COVERING.has(step));
  const onlyMatches = behavior === 'Removed' && invert && COVERING.has(step);
  if (!isolated && !onlyMatches) {
    throw unsupported(path, `the behavior ${quoted(behavior)}${invert ? ', inverted,' : ''} for this pattern`);
  }
  return step;
}

function patternAt(value: JsonValue | undefined, path: string): { readonly regex: boolean; readonly text: string } {
  const fields = isJsonObject(value) ? value : undefined;
  const regex = fields?.get('Regex');
  const text = fields?.get('String');
  if (fields?.size === 1 && typeof regex === 'string') return { regex: true, text: regex };
  if (fields?.size === 1 && typeof text === 'string') return { regex: false, text };
  throw fieldError(path, 'a Regex or a String', value);
}
