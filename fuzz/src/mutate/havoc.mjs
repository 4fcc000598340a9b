/** Damage that knows nothing of any format. */
import { splice } from './bytes.mjs';

/** Longest run that one step copies, deletes or inserts. */
const MAX_RUN = 64;

/** One step of damage; the input stays as it is. */
export function havoc(random, bytes, other) {
  if (bytes.length === 0) return Uint8Array.from({ length: 1 + random.below(16) }, () => random.below(256));
  const at = random.below(bytes.length);
  const run = Math.min(1 + random.below(random.oneIn(4) ? MAX_RUN : 8), bytes.length - at);
  switch (random.below(9)) {
    case 0:
      return changed(bytes, (copy) => {
        copy[at] ^= 1 << random.below(8);
      });
    case 1:
      return changed(bytes, (copy) => {
        copy[at] = random.below(256);
      });
    case 2:
      return changed(bytes, (copy) => copy.fill(random.pick([0, 1, 0x7f, 0x80, 0xff]), at, at + run));
    case 3:
      return changed(bytes, (copy) => copy.copyWithin(at, random.below(bytes.length - run + 1), bytes.length));
    case 4:
      return splice(bytes, at, at + run, new Uint8Array(0));
    case 5: {
      const from = random.below(bytes.length - run + 1);
      return splice(bytes, at, at, bytes.subarray(from, from + run));
    }
    case 6:
      return bytes.slice(0, at);
    case 7: {
      const grown = new Uint8Array(bytes.length + 1 + random.below(MAX_RUN));
      grown.set(bytes);
      return grown;
    }
    default: {
      if (other.length === 0) return bytes.slice(at);
      const from = random.below(other.length);
      const piece = other.subarray(from, from + 1 + random.below(MAX_RUN));
      return splice(bytes, at, random.oneIn(2) ? at : Math.min(bytes.length, at + piece.length), piece);
    }
  }
}

function changed(bytes, change) {
  const copy = bytes.slice();
  change(copy);
  return copy;
}
