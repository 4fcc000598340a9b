/** Where the parts of a safetensors file lie: a length, a JSON text, data. */
import { emptyOutline } from '../mutate/outline.mjs';
import { outlineJson } from './json.mjs';

export const safetensorsGrammar = {
  outline(bytes) {
    const outline = emptyOutline();
    if (bytes.length < 9) return outline;
    const stated = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    const end = stated > BigInt(bytes.length - 8) ? bytes.length : 8 + Number(stated);
    outline.lengths.push({ at: 0, size: 8, start: 8, end });
    outline.fields.push({ at: 0, size: 8, kind: 'integer' });
    return outlineJson(bytes, outline, 8, end);
  },
};
