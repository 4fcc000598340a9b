/**
 * Rows of Q8_0 and Q4_0 to panels, while a model is loaded. A block is an f16 and 32 or 16 bytes of codes, both taken as
 * they are: the panel's order of codes within four bytes is the block's (`panels.ts`). A binary of its own, since most
 * models are loaded without it.
 */
import { KIND_Q8_0 } from '../table';

/**
 * Lays whole panels down. `panels` may be in front of `rows` or the same: eight rows are as long as their panel, and are
 * copied out of its way.
 *
 * @param kind KIND_Q8_0, or KIND_NIBBLE_F16 for Q4_0
 * @param rows [8 · count][groups] blocks of 34 or 18 bytes
 * @param panels count · groups · 8 blocks
 * @param groups blocks of a row
 * @param room eight rows
 */
export function interleaveBlocks(kind: i32, rows: usize, panels: usize, count: i32, groups: i32, room: usize): void {
  const blockBytes: usize = kind == KIND_Q8_0 ? 34 : 18;
  const rowBytes = <usize>groups * blockBytes;
  for (let panel = 0; panel < count; panel++, rows += 8 * rowBytes) {
    memory.copy(room, rows, 8 * rowBytes);
    for (let block = room; block < room + rowBytes; block += blockBytes) {
      for (let row: usize = 0; row < 8; row++, panels += 2) store<u16>(panels, load<u16>(block + row * rowBytes));
      for (let codes = block + 2; codes < block + blockBytes; codes += 16, panels += 128) {
        transpose(codes, rowBytes, panels);
        transpose(codes + 4 * rowBytes, rowBytes, panels + 16);
      }
    }
  }
}

/** Four words of four rows, to four words of which each has one of every row. A panel's words are 32 bytes apart. */
// @ts-ignore: decorator
@inline
function transpose(rows: usize, rowBytes: usize, target: usize): void {
  const a = v128.load(rows), b = v128.load(rows + rowBytes);
  const c = v128.load(rows + 2 * rowBytes), d = v128.load(rows + 3 * rowBytes);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  v128.store(target, v128.shuffle<i64>(ab, cd, 0, 2), 0);
  v128.store(target, v128.shuffle<i64>(ab, cd, 1, 3), 32);
  const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7), gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<i64>(ef, gh, 0, 2), 64);
  v128.store(target, v128.shuffle<i64>(ef, gh, 1, 3), 96);
}

/** First byte behind the constants of the build. */
export const dataEnd: usize = __heap_base;
