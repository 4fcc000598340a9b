/** What platforms grant at most, whatever the machine has: each is a verdict of its own. */
import type { Ceiling } from '@mirust/schemas';

/** 65,536 pages of 64 KiB: the WebAssembly specification's limit of a 32-bit memory. */
const WASM32_BYTES = 2 ** 32;
/** V8's largest ArrayBuffer before Node 22; the reference backend lies in one. */
const ARRAY_BUFFER_BYTES = 2 ** 32;
/** What tabs of current browsers grant; phones are the least of them. */
const SURE_TAB_BYTES = 2 ** 30;

/** The ceilings over the memory of a model. */
export function ceilingsOver(bytes: number): Ceiling[] {
  const ceiling = (name: string, limitBytes: number, about: string): Ceiling => ({
    name,
    limitBytes,
    bytes,
    fits: bytes <= limitBytes,
    about,
  });
  return [
    ceiling('wasm32 memory', WASM32_BYTES, 'the engine: 65,536 pages, more is refused (RUNTIME_WASM_CEILING)'),
    ceiling('ArrayBuffer', ARRAY_BUFFER_BYTES, 'the reference backend on Node 20'),
    ceiling('browser tab', SURE_TAB_BYTES, 'a tab may refuse more, on a phone at least; an estimate'),
  ];
}
