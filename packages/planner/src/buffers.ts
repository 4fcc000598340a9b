/** Working buffers as a plan shows them: where each lies, and from when to when its content matters. */
import { liveIntervals, type MemoryLayout } from '@mirust/model';
import type { BufferPlan } from '@mirust/schemas';

/** In the order of their places. */
export function planBuffers({ program, scratch }: MemoryLayout): BufferPlan[] {
  const intervals = liveIntervals(program);
  return scratch.placements
    .map(({ name, offset, byteLength }) => {
      const live = intervals.get(name) ?? [];
      const firstStep = live[0]?.first ?? -1;
      return { name, bytes: byteLength, offset, firstStep, lastStep: live.at(-1)?.last ?? firstStep };
    })
    .sort((a, b) => a.offset - b.offset || (a.name < b.name ? -1 : 1));
}
