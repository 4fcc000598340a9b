/** Makes an input that shows a finding as small as it gets. */

/** Most tries for one finding. */
const MAX_TRIES = 4000;

/** The smallest input found for which `shows` still holds: pieces are cut out, then bytes made zero. */
export async function shrink(bytes, shows) {
  let best = bytes;
  let tries = 0;
  const attempt = async (candidate) => {
    if (++tries > MAX_TRIES || !(await shows(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length; ) {
      const candidate = new Uint8Array(best.length - Math.min(size, best.length - at));
      candidate.set(best.subarray(0, at));
      candidate.set(best.subarray(at + size), at);
      if (!(await attempt(candidate))) at += size;
    }
  }
  for (let at = 0; at < best.length; at++) {
    if (best[at] === 0) continue;
    const candidate = best.slice();
    candidate[at] = 0;
    await attempt(candidate);
  }
  return best;
}
