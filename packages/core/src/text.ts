/** Text of a file, made safe to show to a person, and byte counts as text. */

/** Longest run of a file's own text that a report or an error shows: enough for any real tensor name. */
export const MAX_SHOWN_CHARACTERS = 120;

/**
 * Makes text from a file safe for a terminal, a log or a report: control characters, ANSI escapes, line breaks,
 * bidirectional marks and other invisible characters become visible `\u{…}` escapes, and the length is bounded.
 */
export function sanitizeText(text: string, maxCharacters: number = MAX_SHOWN_CHARACTERS): string {
  const cut = text.length > maxCharacters;
  // Cut before escaping: a megabyte-long name costs nothing.
  const head = cut ? text.slice(0, maxCharacters) : text;
  const safe = head.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return cut ? `${safe}… (${text.length} characters)` : safe;
}

/**
 * Text as GitHub's Markdown shows it: every character that could become markup, a link or a table's border is escaped
 * (CommonMark 0.31, 2.4). Mentions and references are found after that, in the finished text: a space of no width behind
 * their sign keeps them from it. Line breaks are for `sanitizeText` to deal with.
 */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()+\-.!|<>~&:]/g, '\\$&').replace(/[@#]/g, '\\$&&#8203;');
}

const BINARY_UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A byte count for people: `1,000 B`, `1.50 KiB`, `2.00 GiB`. Binary units, labelled as such. */
export function formatBytes(byteLength: number): string {
  if (byteLength < 1024) return `${byteLength.toLocaleString('en-US')} B`;
  let value = byteLength;
  let unit = '';
  for (const next of BINARY_UNITS) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} ${unit}`;
}

const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
  ['tib', 2 ** 40],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
]);

/** Parses `512MiB`, `2 GiB`, `1.5GB`, `1000` to bytes. Throws RangeError for anything else. */
export function parseBytes(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = match === null ? undefined : UNIT_BYTES.get((match[2] ?? '').toLowerCase());
  const value = match === null || unit === undefined ? Number.NaN : Math.floor(Number(match[1]) * unit);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`not a byte count: "${sanitizeText(text)}" (write 512MiB, 2GiB, 1.5GB or a number of bytes)`);
  }
  return value;
}
