/** Where the parts of a GGUF lie: see `packages/gguf/src/read.ts` for the format. */
import { writeInteger } from '../mutate/bytes.mjs';
import { createWalker, emptyOutline, walk } from '../mutate/outline.mjs';

/** Bytes of a scalar, by type number; strings and arrays are longer than that. */
const SCALAR_BYTES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const STRING = 8;
const ARRAY = 9;
/** Elements of an array that get fields of their own. */
const MAX_ELEMENTS = 8;

export const ggufGrammar = {
  outline(bytes) {
    const outline = emptyOutline();
    const { fields, lengths, groups } = outline;
    const walker = createWalker(bytes);
    const integer = (size) => fields.push({ at: walker.position, size, kind: 'integer' });
    const string = () => {
      const at = walker.position;
      const start = at + 8;
      const end = start + walker.u64();
      walker.take(end - start);
      lengths.push({ at, size: 8, start, end });
    };
    const value = (type) => {
      if (type === STRING) return string();
      if (type !== ARRAY) {
        fields.push({ at: walker.position, size: SCALAR_BYTES[type] ?? 1, kind: type === 6 ? 'float' : 'integer' });
        return walker.take(SCALAR_BYTES[type] ?? 0);
      }
      integer(4);
      const elementType = walker.u32();
      const count = { at: walker.position, size: 8 };
      integer(8);
      const elements = walker.u64();
      const items = [];
      for (let i = 0; i < elements; i++) {
        const start = walker.position;
        if (elementType === STRING || i < MAX_ELEMENTS) value(elementType);
        else walker.take(SCALAR_BYTES[elementType] || 1);
        items.push({ start, end: walker.position });
      }
      groups.push({ kind: `elements ${elementType}`, items, count });
    };
    const rows = (kind, count, number, row) => {
      const items = [];
      groups.push({ kind, items, count: { at: count, size: 8 } });
      for (let i = 0; i < number; i++) {
        const start = walker.position;
        row();
        items.push({ start, end: walker.position });
      }
    };
    walk(() => {
      for (const size of [4, 4]) {
        integer(size);
        walker.take(size);
      }
      integer(8);
      const tensors = walker.u64();
      integer(8);
      const entries = walker.u64();
      rows('metadata', 16, entries, () => {
        string();
        integer(4);
        value(walker.u32());
      });
      rows('tensor', 8, tensors, () => {
        string();
        integer(4);
        const rank = walker.u32();
        for (const size of [...Array(Math.min(rank, 8)).fill(8), 4, 8]) {
          integer(size);
          walker.take(size);
        }
      });
      outline.headerEnd = walker.position;
    });
    return outline;
  },
  /** Mostly makes the data as long as they were before the header changed its length. */
  finish(random, bytes) {
    if (random.oneIn(3)) return bytes;
    if (random.oneIn(16)) writeInteger(bytes, 0, 8, 0x3_4655_4747n);
    const grown = new Uint8Array(bytes.length + random.pick([0, 0, 32, 64, 256]));
    grown.set(bytes);
    return grown;
  },
};
