/** The random tokens that every engine is fed: the same ones, none of them special. */
export function tokensFor(count, vocabSize) {
  const first = 259;
  let state = 0x2545f491;
  return Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return first + ((state >>> 0) % (vocabSize - first));
  });
}
