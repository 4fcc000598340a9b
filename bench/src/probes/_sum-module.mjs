/**
 * The least that a kernel can do with memory: read it. A WebAssembly module of one function, `sum(start, end)`, that adds
 * up the 64-bit lanes of a multiple of 64 bytes of the imported memory `host.memory`, through four accumulators, so that
 * neither the additions nor the loop are what takes the time.
 *
 * ```
 * loop  a += load(start)  b += load(start + 16)  c += load(start + 32)  d += load(start + 48)
 *       start += 64       again while start < end
 * result  lane 0 of a + b + c + d
 * ```
 */

const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;
const START = 0;
const END = 1;
const FIRST_ACCUMULATOR = 2;

const get = (local) => [0x20, local];
const set = (local) => [0x21, local];
const tee = (local) => [0x22, local];
const load = (offset) => [0xfd, 0x00, 4, offset];
const ADD_I64X2 = [0xfd, 0xce, 0x01];
const ADD_I32 = 0x6a;
const LESS_THAN_UNSIGNED = 0x49;

const name = (text) => [text.length, ...new TextEncoder().encode(text)];
const section = (id, ...content) => [id, content.length, ...content];

function accumulate(index) {
  const accumulator = FIRST_ACCUMULATOR + index;
  return [...get(START), ...load(16 * index), ...get(accumulator), ...ADD_I64X2, ...set(accumulator)];
}

/** The module, for a memory of at least `pages` pages. */
export function sumModule(pages) {
  const limits = [0x00, ...unsignedLeb(pages)];
  const body = [
    ...[1, 4, V128],
    ...[0x03, 0x40, ...[0, 1, 2, 3].flatMap(accumulate)],
    ...[...get(START), 0x41, 0xc0, 0x00, ADD_I32, ...tee(START), ...get(END), LESS_THAN_UNSIGNED, 0x0d, 0, 0x0b],
    ...[...get(2), ...get(3), ...ADD_I64X2, ...get(4), ...ADD_I64X2, ...get(5), ...ADD_I64X2],
    ...[0xfd, 0x1d, 0, 0x0b],
  ];
  return new WebAssembly.Module(
    new Uint8Array([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, 1, 0x60, 2, I32, I32, 1, I64),
      ...section(2, 1, ...name('host'), ...name('memory'), 0x02, ...limits),
      ...section(3, 1, 0),
      ...section(7, 1, ...name('sum'), 0x00, 0),
      ...section(10, 1, body.length, ...body),
    ]),
  );
}

function unsignedLeb(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest & 127) | 128);
  }
}
