/**
 * What is known of the inside of an input: where numbers, lengths, texts and rows of a table lie. A format's outline is
 * made leniently, of damaged files too, and ends where it makes no sense any more.
 *
 * ```
 * fields   a number: { at, size (bytes, or 'varint'), kind: 'integer' | 'float' }
 * lengths  a number that says how long something is: { at, size, start, end, unit: bytes of one }
 * groups   rows that stand beside each other: { kind, items: [{ start, end }], separator, count?: { at, size } }
 * texts    a JSON value or a name: { start, end, kind: 'json' | 'key' | 'string' }
 * ```
 */

/** An outline without anything in it. */
export function emptyOutline() {
  return { fields: [], lengths: [], groups: [], texts: [] };
}

/** A cursor of an outline: `take` gives the position of the next bytes, or throws {@link OutlineEnd} where none are left. */
export function createWalker(bytes, start = 0, end = bytes.length) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  const take = (size) => {
    if (!(size >= 0) || at + size > end) throw OUTLINE_END;
    at += size;
    return at - size;
  };
  return {
    get position() {
      return at;
    },
    take,
    u8: () => bytes[take(1)],
    u16: () => view.getUint16(take(2), true),
    u32: () => view.getUint32(take(4), true),
    i32: () => view.getInt32(take(4), true),
    u64: () => Number(view.getBigUint64(take(8), true)),
  };
}

/** Thrown by a walker at its end; one for all, because it is thrown often. */
const OUTLINE_END = new Error('the outline ends here');

/** Runs a walk as far as it goes. */
export function walk(run) {
  try {
    run();
  } catch (error) {
    if (error !== OUTLINE_END) throw error;
  }
}
