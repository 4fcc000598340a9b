/**
 * The rules of interleaved bytes that no codec asks for: scales of our own types are positive and finite (what ggml
 * stores is taken as it is), padding is zero. Any piece of a payload can be checked alone, so that a file is checked
 * while it is read. The time is linear and small: whole panels cost their scales, only padding is looked at byte by
 * byte.
 */
import { PANEL_ROWS, type PanelGeometry, type PanelType, panelGeometry } from './panel.ts';
import { rowCount, rowLength, type Shape } from './shape.ts';

/** A broken rule, at `offset` from the start of the payload. */
export type PanelFault =
  | {
      /** A scale that is not positive and finite. */
      readonly kind: 'scale';
      readonly offset: number;
      /** Row of the tensor. */
      readonly row: number;
      /** First column of the scale's group. */
      readonly column: number;
    }
  | {
      /** A byte of padding that is not zero. */
      readonly kind: 'padding';
      readonly offset: number;
    };

/** The exponent bits of a scale, by its bytes: all set in infinities and NaNs. The sign lies above them. */
const INFINITY_BITS = { 2: 0x7c00, 4: 0x7f800000 } as const;

/** Bytes of four code bytes for each row of a panel. */
const UNIT_BYTES = 4 * PANEL_ROWS;

/**
 * The first broken rule in a piece of an interleaved payload, or undefined.
 *
 * @param shape [rows, columns] of the whole tensor, or of a run of whole panels that is looked at as one
 * @param bytes begins at `offset` of the payload; both ends are multiples of 4, so that no scale is cut in two
 */
export function findPanelFault(
  type: PanelType,
  shape: Shape,
  bytes: Uint8Array,
  offset: number,
): PanelFault | undefined {
  const geometry = panelGeometry(type, rowLength(shape));
  const { groupBytes, groupCount, groupColumns, scaleBytes } = geometry;
  const rows = rowCount(shape);
  const isOurs = type.dtype === 'q8' || type.dtype === 'q4';
  const hasPaddedColumns = geometry.columns > rowLength(shape);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.byteLength;
  /** Groups of panels without padding rows. */
  const wholeGroups = Math.floor(rows / PANEL_ROWS) * groupCount;
  // Those of ggml's types have no rules.
  const firstGroup = isOurs ? 0 : wholeGroups;
  for (let group = Math.max(firstGroup, Math.floor(offset / groupBytes)); ; group++) {
    if (!hasPaddedColumns) group += countGoodGroups(view, group * groupBytes - offset, wholeGroups - group, geometry);
    // Where the group starts in `bytes`, which may begin within it.
    const start = group * groupBytes - offset;
    if (start >= end) return undefined;
    const storedRows = group < wholeGroups ? PANEL_ROWS : rows % PANEL_ROWS;
    if (isOurs) {
      const scalesEnd = Math.min(end, start + storedRows * scaleBytes);
      const at = firstBadScale(view, Math.max(0, start), scalesEnd, scaleBytes);
      if (at >= 0) {
        const row = Math.floor(group / groupCount) * PANEL_ROWS + (at - start) / scaleBytes;
        return { kind: 'scale', offset: offset + at, row, column: (group % groupCount) * groupColumns };
      }
    }
    if (storedRows === PANEL_ROWS && !hasPaddedColumns) continue;
    const at = firstBadPadding(bytes, start, storedRows, rowLength(shape), geometry);
    if (at >= 0) return { kind: 'padding', offset: offset + at };
  }
}

/** The signs of two f16. */
const SIGNS = 0x80008000;

/**
 * How many of up to `count` groups, the first of which starts at `start`, have good scales and lie within the view. Nearly
 * all groups of a file do, and this is the loop that a load spends its checks in.
 *
 * f16 are looked at in pairs. Without its sign a half is below 0x8000, so adding to both halves of a word carries nothing
 * over: 0x0400 makes a sign of what is infinite or NaN, 0x7fff of all but zero.
 */
function countGoodGroups(
  view: DataView,
  start: number,
  count: number,
  { groupBytes, scaleBytes }: PanelGeometry,
): number {
  if (start < 0) return 0;
  const most = Math.min(count, Math.floor((view.byteLength - start) / groupBytes));
  const scalesBytes = PANEL_ROWS * scaleBytes;
  for (let group = 0; group < most; group++) {
    const first = start + group * groupBytes;
    let signs = 0;
    for (let at = first; at < first + scalesBytes; at += 4) {
      const word = view.getInt32(at, true);
      if (scaleBytes === 4) signs |= word > 0 && word < INFINITY_BITS[4] ? 0 : SIGNS;
      else signs |= word | (word + 0x04000400) | ~(word + 0x7fff7fff);
    }
    if ((signs & SIGNS) !== 0) return group;
  }
  return Math.max(0, most);
}

/** Where the first scale is that is not positive and finite; -1 where there is none. */
function firstBadScale(view: DataView, start: number, end: number, scaleBytes: 2 | 4): number {
  if (scaleBytes === 4) {
    for (let at = start; at < end; at += 4) {
      const bits = view.getUint32(at, true);
      if (bits === 0 || bits >= INFINITY_BITS[4]) return at;
    }
    return -1;
  }
  for (let at = start; at < end; at += 2) {
    const bits = view.getUint16(at, true);
    if (bits === 0 || bits >= INFINITY_BITS[2]) return at;
  }
  return -1;
}

/** Where the first byte of a group is that pads rows or columns and is not zero; -1 where there is none. */
function firstBadPadding(
  bytes: Uint8Array,
  start: number,
  storedRows: number,
  columns: number,
  { scaleBytes, groupBytes, groupColumns, codeBits }: PanelGeometry,
): number {
  const end = Math.min(bytes.byteLength, start + groupBytes);
  const codes = start + PANEL_ROWS * scaleBytes;
  for (let at = Math.max(0, start + storedRows * scaleBytes); at < Math.min(codes, end); at++) {
    if (bytes[at] !== 0) return at;
  }
  // Only rows of q8 end within a group, their only one, and there a code is a byte.
  const groupEnd = codeBits === 8 ? Math.min(columns, groupColumns) : groupColumns;
  const firstUnit = storedRows < PANEL_ROWS ? 0 : Math.floor(groupEnd / 4);
  for (let at = Math.max(0, codes + firstUnit * UNIT_BYTES); at < end; at++) {
    if (bytes[at] === 0) continue;
    const within = at - codes;
    const row = Math.floor((within % UNIT_BYTES) / 4);
    const column = Math.floor(within / UNIT_BYTES) * 4 + (within % 4);
    if (row >= storedRows || column >= groupEnd) return at;
  }
  return -1;
}
