/** Damage that knows where things lie: one step over an outline. */
import { concat, encodeVarint, readInteger, splice, utf8, writeInteger } from './bytes.mjs';
import { interestingFloat, interestingInteger, JSON_VALUES, WORDS } from './values.mjs';

/** Rows that a duplication adds at most. */
const MAX_COPIES = 4;

/**
 * One step. `other` is another entry with its outline, which rows may come from. Undefined where the outline has nothing
 * of the kind that was drawn.
 */
export function structuralStep(random, bytes, outline, other) {
  const { fields, lengths, groups, texts } = outline;
  switch (random.below(8)) {
    case 0:
    case 1:
      return fields.length > 0 ? changeField(random, bytes, random.pick(fields), outline) : undefined;
    case 2:
      return lengths.length > 0 ? changeField(random, bytes, random.pick(lengths), outline) : undefined;
    case 3:
      return fields.length > 1 ? swapFields(random, bytes, fields, outline) : undefined;
    case 4:
    case 5:
      return groups.length > 0 ? changeGroup(random, bytes, random.pick(groups), outline, other) : undefined;
    case 6:
      return lengths.length > 0 ? changeContent(random, bytes, random.pick(lengths), outline) : undefined;
    default:
      return texts.length > 0 ? changeText(random, bytes, random.pick(texts), outline, other) : undefined;
  }
}

function changeField(random, bytes, field, outline) {
  if (field.size === 'varint') {
    const value = interestingInteger(random, 8, BigInt(field.value ?? 0));
    const encoded = encodeVarint(value, random.oneIn(8) ? random.below(12) : 0);
    return edit(random, bytes, field.at, field.end, encoded, outline);
  }
  const copy = bytes.slice();
  const old = readInteger(bytes, field.at, field.size);
  const value =
    field.kind === 'float' && random.oneIn(2) ? interestingFloat(random) : interestingInteger(random, field.size, old);
  writeInteger(copy, field.at, field.size, value);
  return copy;
}

function swapFields(random, bytes, fields) {
  const one = random.pick(fields);
  const rest = fields.filter(({ size, at }) => size === one.size && at !== one.at);
  if (rest.length === 0 || one.size === 'varint') return undefined;
  const two = random.pick(rest);
  const copy = bytes.slice();
  const value = readInteger(bytes, one.at, one.size);
  if (!random.oneIn(3)) writeInteger(copy, one.at, one.size, readInteger(bytes, two.at, two.size));
  writeInteger(copy, two.at, two.size, value);
  return copy;
}

/** Removes, repeats, moves or takes over rows. */
function changeGroup(random, bytes, group, outline, other) {
  const { items } = group;
  const rows = items.map(({ start, end }) => bytes.subarray(start, end));
  const index = random.below(Math.max(1, rows.length));
  switch (random.below(5)) {
    case 0:
      if (rows.length === 0) return undefined;
      rows.splice(index, 1);
      break;
    case 1:
      if (rows.length === 0) return undefined;
      rows.splice(random.below(rows.length + 1), 0, ...Array(1 + random.below(MAX_COPIES)).fill(rows[index]));
      break;
    case 2: {
      if (rows.length < 2) return undefined;
      const [row] = rows.splice(index, 1);
      rows.splice(random.below(rows.length + 1), 0, row);
      break;
    }
    case 3:
      if (rows.length < 2) return undefined;
      rows.reverse();
      break;
    default: {
      const strangers = other.outline.groups.filter(({ kind, items: rest }) => kind === group.kind && rest.length > 0);
      if (strangers.length === 0) return undefined;
      const { start, end } = random.pick(random.pick(strangers).items);
      rows.splice(random.below(rows.length + 1), random.oneIn(2) ? 1 : 0, other.bytes.subarray(start, end));
    }
  }
  const separator = utf8(group.separator ?? '');
  const content = concat(rows.flatMap((row, i) => (i > 0 && separator.length > 0 ? [separator, row] : [row])));
  const start = group.start ?? items[0]?.start ?? 0;
  const end = group.end ?? items.at(-1)?.end ?? start;
  const result = edit(random, bytes, start, end, content, outline);
  const { count } = group;
  if (count !== undefined && !random.oneIn(4)) {
    writeInteger(
      result,
      count.at,
      count.size,
      readInteger(bytes, count.at, count.size) + BigInt(rows.length - items.length),
    );
  }
  return result;
}

/** Makes something longer, shorter or other, and mostly says so where its length stands. */
function changeContent(random, bytes, { start, end, unit = 1 }, outline) {
  const at = start + random.below(end - start + 1);
  switch (random.below(4)) {
    case 0:
      return edit(random, bytes, at, Math.min(end, at + unit * (1 + random.below(4))), new Uint8Array(0), outline);
    case 1:
      return edit(random, bytes, at, at, new Uint8Array(unit * (1 + random.below(4))).fill(random.below(256)), outline);
    case 2:
      return edit(random, bytes, start, end, new Uint8Array(0), outline);
    default:
      return edit(random, bytes, start, end, utf8(random.pick(WORDS)), outline);
  }
}

function changeText(random, bytes, text, outline, other) {
  const word = () => JSON.stringify(random.pick(WORDS));
  let replacement;
  if (text.kind === 'json' && random.oneIn(3)) {
    const strangers = other.outline.texts.filter(({ kind }) => kind === 'json');
    const stranger = strangers.length === 0 ? undefined : random.pick(strangers);
    if (stranger !== undefined) replacement = other.bytes.subarray(stranger.start, stranger.end);
  }
  if (text.kind === 'json' && replacement === undefined && random.oneIn(3)) replacement = nested(random);
  replacement ??= utf8(text.kind === 'json' && !random.oneIn(4) ? random.pick(JSON_VALUES) : word());
  return edit(random, bytes, text.start, text.end, replacement, outline);
}

/** A number near one that could be right, or something deep. */
function nested(random) {
  if (!random.oneIn(4)) return utf8(String(random.below(random.pick([8, 300, 70_000]))));
  const depth = random.pick([2, 4, 63, 64, 65, 1001]);
  return utf8(`${'['.repeat(depth)}${']'.repeat(depth)}`);
}

/** Replaces bytes and, three times in four, puts every length right that covers them. */
function edit(random, bytes, stated, statedEnd, replacement, outline) {
  // An outline of damaged bytes may point past their end.
  const start = Math.min(stated, bytes.length);
  const end = Math.max(start, Math.min(statedEnd, bytes.length));
  const delta = replacement.length - (end - start);
  let result = splice(bytes, start, end, replacement);
  if (delta === 0 || random.oneIn(4)) return result;
  const covering = outline.lengths.filter((length) => length.at < start && length.start <= start && length.end >= end);
  // From the inside out: a varint that grows makes what is around it longer too.
  let grown = delta;
  for (const { at, size, unit = 1, value } of covering.sort((a, b) => b.at - a.at)) {
    if (size === 'varint') {
      const encoded = encodeVarint(BigInt(Math.max(0, value + grown)));
      const width = lengthWidth(result, at);
      result = splice(result, at, at + width, encoded);
      grown += encoded.length - width;
    } else writeInteger(result, at, size, readInteger(result, at, size) + BigInt(Math.trunc(grown / unit)));
  }
  return result;
}

function lengthWidth(bytes, at) {
  let width = 1;
  while (bytes[at + width - 1] >= 0x80 && width < 10) width++;
  return width;
}
