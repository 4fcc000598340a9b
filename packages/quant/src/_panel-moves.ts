/**
 * Eight rows into a panel and out of it again: the six encodings that have an interleaved form (`panel.ts` of core has
 * the picture). Bytes are moved in units of the largest word that the row-major form aligns, so the order of bytes
 * within a word does not matter; only q4's nibbles are taken apart.
 *
 * Rows, their scales and the panel lie in memory of their own, which aligns them.
 */
import { PANEL_COLUMNS, PANEL_ROWS, type PanelGeometry } from '@mirust/core';

/** Memory seen as bytes and as words. Signed ones: their values are small integers to the engine. */
export interface Words {
  readonly bytes: Uint8Array;
  readonly halves: Int16Array;
  readonly words: Int32Array;
}

/** Zeroed memory; the length is a multiple of 4, or is made one. */
export function createWords(byteLength: number): Words {
  const buffer = new ArrayBuffer(Math.ceil(byteLength / 4) * 4);
  return { bytes: new Uint8Array(buffer), halves: new Int16Array(buffer), words: new Int32Array(buffer) };
}

/** Up to eight rows in row-major form. */
export interface PanelRows {
  /** [8, bytes of a row with its padded columns]; padded columns are zero. */
  readonly codes: Words;
  /** [8, groups] where scales lie apart from the rows. */
  readonly scales: Words;
}

/** Moves the first `count` rows between their row-major form and a panel. */
export interface PanelMove {
  put(rows: PanelRows, panel: Words, count: number, geometry: PanelGeometry): void;
  take(panel: Words, rows: PanelRows, count: number, geometry: PanelGeometry): void;
}

/** q8: four codes are a word. */
export const moveQ8: PanelMove = {
  put(rows, panel, count, geometry) {
    putScales(rows.scales, panel, count, geometry);
    const from = rows.codes.words;
    const to = panel.words;
    const units = geometry.columns / 4;
    let at = firstWord(geometry);
    for (let unit = 0; unit < units; unit++, at += PANEL_ROWS) {
      for (let r = 0, word = unit; r < count; r++, word += units) to[at + r] = from[word] as number;
    }
  },
  take(panel, rows, count, geometry) {
    takeScales(panel, rows.scales, count, geometry);
    const from = panel.words;
    const to = rows.codes.words;
    const units = geometry.columns / 4;
    let at = firstWord(geometry);
    for (let unit = 0; unit < units; unit++, at += PANEL_ROWS) {
      for (let r = 0, word = unit; r < count; r++, word += units) to[word] = from[at + r] as number;
    }
  },
};

/** Words of the scales that stand before the codes of a group. */
function firstWord({ scaleBytes }: PanelGeometry): number {
  return scaleBytes === 4 ? PANEL_ROWS : PANEL_ROWS / 2;
}

/** Q8_0 and Q4_0: blocks of a d and 32 codes, aligned to 2 bytes. The codes are as many words as they have bits. */
export const moveBlocks: PanelMove = {
  put(rows, panel, count, { groupCount, codeBits }) {
    const from = rows.codes.halves;
    const to = panel.halves;
    const rowHalves = groupCount * (1 + 2 * codeBits);
    for (let group = 0, at = 0, next = 0; group < groupCount; group++) {
      for (let r = 0, half = next; r < count; r++, half += rowHalves) to[at + r] = from[half] as number;
      at += PANEL_ROWS;
      next++;
      for (let unit = 0; unit < codeBits; unit++, at += 2 * PANEL_ROWS, next += 2) {
        for (let r = 0, half = next; r < count; r++, half += rowHalves) {
          to[at + 2 * r] = from[half] as number;
          to[at + 2 * r + 1] = from[half + 1] as number;
        }
      }
    }
  },
  take(panel, rows, count, { groupCount, codeBits }) {
    const from = panel.halves;
    const to = rows.codes.halves;
    const rowHalves = groupCount * (1 + 2 * codeBits);
    for (let group = 0, at = 0, next = 0; group < groupCount; group++) {
      for (let r = 0, half = next; r < count; r++, half += rowHalves) to[half] = from[at + r] as number;
      at += PANEL_ROWS;
      next++;
      for (let unit = 0; unit < codeBits; unit++, at += 2 * PANEL_ROWS, next += 2) {
        for (let r = 0, half = next; r < count; r++, half += rowHalves) {
          to[half] = from[at + 2 * r] as number;
          to[half + 1] = from[at + 2 * r + 1] as number;
        }
      }
    }
  },
};

/** Two's complement to biased and back: adds 8 to both nibbles of a byte, without a carry. */
const BIAS = 0x88;

/**
 * q4 in blocks of 32. Bytes k and 8 + k of a block hold columns 2k, 2k + 1 and 16 + 2k, 17 + 2k; the panel pairs column
 * c with 16 + c.
 */
export const moveQ4: PanelMove = {
  put(rows, panel, count, geometry) {
    putScales(rows.scales, panel, count, geometry);
    const from = rows.codes.bytes;
    const to = panel.bytes;
    const { groupCount, groupBytes, scaleBytes } = geometry;
    for (let r = 0, block = 0; r < count; r++) {
      for (let group = 0; group < groupCount; group++, block += PANEL_COLUMNS / 2) {
        let at = group * groupBytes + PANEL_ROWS * scaleBytes + 4 * r;
        for (let k = block; k < block + 8; k += 2, at += 4 * PANEL_ROWS) {
          const a = from[k] as number;
          const b = from[k + 1] as number;
          const c = from[k + 8] as number;
          const d = from[k + 9] as number;
          to[at] = ((a & 15) | (c << 4)) ^ BIAS;
          to[at + 1] = ((a >> 4) | (c & 240)) ^ BIAS;
          to[at + 2] = ((b & 15) | (d << 4)) ^ BIAS;
          to[at + 3] = ((b >> 4) | (d & 240)) ^ BIAS;
        }
      }
    }
  },
  take(panel, rows, count, geometry) {
    takeScales(panel, rows.scales, count, geometry);
    const from = panel.bytes;
    const to = rows.codes.bytes;
    const { groupCount, groupBytes, scaleBytes } = geometry;
    for (let r = 0, block = 0; r < count; r++) {
      for (let group = 0; group < groupCount; group++, block += PANEL_COLUMNS / 2) {
        let at = group * groupBytes + PANEL_ROWS * scaleBytes + 4 * r;
        for (let k = block; k < block + 8; k += 2, at += 4 * PANEL_ROWS) {
          const a = (from[at] as number) ^ BIAS;
          const b = (from[at + 1] as number) ^ BIAS;
          const c = (from[at + 2] as number) ^ BIAS;
          const d = (from[at + 3] as number) ^ BIAS;
          to[k] = (a & 15) | (b << 4);
          to[k + 1] = (c & 15) | (d << 4);
          to[k + 8] = (a >> 4) | (b & 240);
          to[k + 9] = (c >> 4) | (d & 240);
        }
      }
    }
  },
};

function putScales(scales: Words, panel: Words, count: number, geometry: PanelGeometry): void {
  const { groupCount, groupBytes, scaleBytes } = geometry;
  const from = scaleBytes === 4 ? scales.words : scales.halves;
  const to = scaleBytes === 4 ? panel.words : panel.halves;
  const step = groupBytes / scaleBytes;
  for (let r = 0, next = 0; r < count; r++) {
    for (let group = 0, at = r; group < groupCount; group++, at += step) to[at] = from[next++] as number;
  }
}

function takeScales(panel: Words, scales: Words, count: number, geometry: PanelGeometry): void {
  const { groupCount, groupBytes, scaleBytes } = geometry;
  const from = scaleBytes === 4 ? panel.words : panel.halves;
  const to = scaleBytes === 4 ? scales.words : scales.halves;
  const step = groupBytes / scaleBytes;
  for (let r = 0, next = 0; r < count; r++) {
    for (let group = 0, at = r; group < groupCount; group++, at += step) to[next++] = from[at] as number;
  }
}
