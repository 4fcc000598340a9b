/**
 * Interleaved rows: the order in which kernels read a quantized matrix, one sequential stream that holds the scales
 * too. A matrix [rows, columns] is a run of *panels* of 8 rows; a panel is a run of *groups*, each with the 8 rows'
 * scales in front of their codes.
 *
 * ```
 *             scales of a group   codes of a group                       groups of a panel
 * q8          8 × f32 or f16      i8 [columns32 / 4][8 rows][4 columns]  1, all columns
 * Q8_0        8 × f16 (d)         i8 [8][8 rows][4 columns]              columns32 / 32
 * q4          8 × f32 or f16      [4 steps j][8 rows][4 bytes i]         columns32 / 32
 * Q4_0        8 × f16 (d)         [4 steps j][8 rows][4 bytes i]         columns32 / 32
 * ```
 * columns32 is `columns` rounded up to a multiple of 32; of these types only q8 has rows for which the two differ. A
 * byte of nibbles holds column 4j + i of the group in its low half and column 16 + 4j + i in its high half, both
 * biased: value = nibble - 8. That is Q4_0's own order and bias; q4's two's complement pairs are rearranged.
 *
 * The rows of the last panel beyond the matrix are padding, as are the columns beyond `columns`: scales and code bytes
 * of padding are zero. Four rows fill a 128-bit vector lane by lane, so that no kernel adds across lanes.
 */
import { checkedMul } from './checked.ts';
import type { DTypeName } from './dtype.ts';
import { type ScaleType, scaleByteLength } from './scale-type.ts';

/** Rows of a panel. */
export const PANEL_ROWS = 8;

/** Columns are padded to a multiple of this: the block of ggml's types and of the activations. */
export const PANEL_COLUMNS = 32;

/** What decides how the panels of a matrix look, besides its columns. */
export interface PanelType {
  readonly dtype: DTypeName;
  readonly scaleType: ScaleType;
}

/** The sizes of one panel. */
export interface PanelGeometry {
  /** Padded columns: columns32 above. */
  readonly columns: number;
  /** Bytes of a panel: groupCount · groupBytes. */
  readonly panelBytes: number;
  /** Groups of a panel, each with 8 scales in front. */
  readonly groupCount: number;
  /** Bytes of a group, scales included. */
  readonly groupBytes: number;
  /** Padded columns of a group. */
  readonly groupColumns: number;
  /** Bytes of one scale. */
  readonly scaleBytes: 2 | 4;
  /** Bits of one code. */
  readonly codeBits: 4 | 8;
}

/** Sizes of the panels of a q8, q4, Q8_0 or Q4_0 matrix with rows of `columns` values; RangeError for other types. */
export function panelGeometry({ dtype, scaleType }: PanelType, columns: number): PanelGeometry {
  const isOurs = dtype === 'q8' || dtype === 'q4';
  if (!isOurs && dtype !== 'Q8_0' && dtype !== 'Q4_0') throw new RangeError(`${dtype} has no interleaved form`);
  const scaleBytes = isOurs && scaleByteLength(scaleType) === 4 ? 4 : 2;
  const codeBits = dtype === 'q8' || dtype === 'Q8_0' ? 8 : 4;
  const padded = Math.ceil(columns / PANEL_COLUMNS) * PANEL_COLUMNS;
  const groupColumns = dtype === 'q8' ? padded : PANEL_COLUMNS;
  const groupCount = padded / groupColumns;
  const groupBytes = PANEL_ROWS * scaleBytes + checkedMul(groupColumns, codeBits, 'bytes of a panel');
  const panelBytes = checkedMul(groupCount, groupBytes, 'bytes of a panel');
  return { columns: padded, panelBytes, groupCount, groupBytes, groupColumns, scaleBytes, codeBits };
}

/** Panels of a matrix with this many rows. */
export function panelCount(rows: number): number {
  return Math.ceil(rows / PANEL_ROWS);
}
