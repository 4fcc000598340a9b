/**
 * The model card of a Hugging Face directory, README.md: its metadata names the licence and the base model, and nothing
 * else in the directory does (https://huggingface.co/docs/hub/model-cards).
 *
 * The metadata is YAML between two lines of three dashes. Of YAML, only what such cards use is read: a plain or quoted value
 * behind a key at the start of a line, or a list of them. Whatever is written otherwise counts as not said, because a licence
 * that was guessed is worse than none.
 */
import { type ReadOptions, readRange } from '@mirust/core';
import { type FileSet, hasFile } from './file-set.ts';

/** What a card says. */
export interface CardFacts {
  /** Several ones as `a, b`, which is the name of none. */
  readonly license: string | undefined;
  readonly baseModel: string | undefined;
}

/** Bytes of a card that are read: metadata comes first, and is a few hundred bytes. */
const MAX_CARD_BYTES = 65_536;

/** Reads the card, where there is one. Throws what reading throws; what the card says wrongly is not said. */
export async function readModelCard(files: FileSet, options?: ReadOptions): Promise<CardFacts> {
  if (!(await hasFile(files, 'README.md'))) return { license: undefined, baseModel: undefined };
  const source = await files.open('README.md');
  try {
    const bytes = await readRange(source, 0, Math.min(source.byteLength, MAX_CARD_BYTES), options);
    return factsOf(new TextDecoder().decode(bytes));
  } finally {
    await source.close();
  }
}

/** What the text of a card says. */
export function factsOf(text: string): CardFacts {
  const [, metadata = ''] = /^---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text) ?? [];
  const lines = metadata.split(/\r?\n/);
  const license = fieldOf(lines, 'license');
  // `other` stands for a licence with a name of its own.
  const named = license === 'other' ? fieldOf(lines, 'license_name') : undefined;
  return { license: named ?? license, baseModel: fieldOf(lines, 'base_model') };
}

/** The value of a key; undefined where it is absent, stands twice, or is written in another way. */
function fieldOf(lines: readonly string[], key: string): string | undefined {
  const places = lines.flatMap((line, index) => (line.startsWith(`${key}:`) ? [index] : []));
  const [place] = places;
  if (place === undefined || places.length > 1) return undefined;
  const inline = withoutComment((lines[place] as string).slice(key.length + 1));
  if (inline === '') return joined(itemsBelow(lines, place + 1));
  const flow = /^\[(.*)\]$/.exec(inline);
  return flow === null ? scalar(inline) : joined((flow[1] as string).split(','));
}

/** Entries of a list that starts at a line. */
function itemsBelow(lines: readonly string[], first: number): string[] {
  const items: string[] = [];
  for (const line of lines.slice(first)) {
    const item = /^[ \t]*-[ \t]+(.*)$/.exec(line)?.[1];
    if (item === undefined) break;
    items.push(withoutComment(item));
  }
  return items;
}

function joined(items: readonly string[]): string | undefined {
  const values = items.map((item) => scalar(item.trim()));
  return values.length > 0 && values.every((value) => value !== undefined) ? values.join(', ') : undefined;
}

function withoutComment(text: string): string {
  return text.replace(/(^|[ \t])#.*$/, '').trim();
}

/** A quoted value without escapes, or a plain one without anything that means something to YAML. */
function scalar(text: string): string | undefined {
  const [, quoted] = /^(?:"([^"\\]*)"|'([^']*)')$/.exec(text)?.filter((part) => part !== undefined) ?? [];
  if (quoted !== undefined) return quoted;
  return /^[A-Za-z0-9][\w.+/ -]*$/.test(text) ? text : undefined;
}
