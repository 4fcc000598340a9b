/** Where rows lie in a stored tensor. */
import { encodedSize, type TensorEncoding } from './encoding.ts';
import { PANEL_ROWS, panelCount, panelGeometry } from './panel.ts';
import { scaleByteLength } from './scale-type.ts';
import { rowCount, rowLength, type Shape } from './shape.ts';

/** Where rows start, in bytes from the start of payload and scales. */
export interface RowOffsets {
  readonly payloadOffset: number;
  readonly scaleOffset: number;
}

/**
 * Where row `row` starts. `row` may equal the number of rows: then it is where the tensor ends. So a run of rows is one
 * range of the payload and one of the scales; of an interleaved tensor it is a run of whole panels, and RangeError is
 * thrown for a row that neither begins a panel nor ends the tensor.
 */
export function rowOffsets(
  { encoding, shape }: { readonly encoding: TensorEncoding; readonly shape: Shape },
  row: number,
): RowOffsets {
  const columns = rowLength(shape);
  if (encoding.layout === 'interleaved') {
    if (row % PANEL_ROWS !== 0 && row !== rowCount(shape)) {
      throw new RangeError(`row ${row} of ${rowCount(shape)} does not begin a panel of ${PANEL_ROWS} rows`);
    }
    return { payloadOffset: panelCount(row) * panelGeometry(encoding, columns).panelBytes, scaleOffset: 0 };
  }
  const { payloadBytes, scaleCount } = encodedSize(encoding, [columns]);
  return { payloadOffset: row * payloadBytes, scaleOffset: row * scaleCount * scaleByteLength(encoding.scaleType) };
}
