/** Where the fields of a SentencePiece model lie: protocol buffers, two levels deep. */
import { createWalker, emptyOutline, walk } from '../mutate/outline.mjs';

function readVarint(walker) {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = walker.u8();
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return value;
}

function outlineMessage(bytes, outline, start, end, depth) {
  const walker = createWalker(bytes, start, end);
  const items = [];
  outline.groups.push({ kind: `fields ${depth}`, items });
  walk(() => {
    while (walker.position < end) {
      const from = walker.position;
      const tag = readVarint(walker);
      outline.fields.push({ at: from, end: walker.position, size: 'varint', value: tag, kind: 'integer' });
      const at = walker.position;
      if (tag % 8 === 0) {
        const value = readVarint(walker);
        outline.fields.push({ at, end: walker.position, size: 'varint', value, kind: 'integer' });
      } else if (tag % 8 === 1) outline.fields.push({ at: walker.take(8), size: 8, kind: 'integer' });
      else if (tag % 8 === 5) outline.fields.push({ at: walker.take(4), size: 4, kind: 'float' });
      else if (tag % 8 === 2) {
        const value = readVarint(walker);
        const valueStart = walker.take(value);
        const length = { at, size: 'varint', start: valueStart, end: walker.position, value };
        outline.lengths.push(length);
        outline.fields.push({ at, end: valueStart, size: 'varint', value, kind: 'integer' });
        // Pieces and the three specifications are messages; deeper down, bytes are text.
        if (depth === 0 && tag >>> 3 <= 3) outlineMessage(bytes, outline, valueStart, walker.position, 1);
      } else return;
      items.push({ start: from, end: walker.position });
    }
  });
}

export const protobufGrammar = {
  outline(bytes) {
    const outline = emptyOutline();
    outlineMessage(bytes, outline, 0, bytes.length, 0);
    return outline;
  },
};
