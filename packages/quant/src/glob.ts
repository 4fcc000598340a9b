/** Name patterns: `*` stands for any run of characters, dots too, `?` for one. Everything else stands for itself. */

/** Whether the whole name matches. Time is at most pattern length · name length, whatever the pattern. */
export function matchesGlob(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let afterStar = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      afterStar = n;
    } else if (pattern[p] === '?' || pattern[p] === name[n]) {
      p++;
      n++;
    } else if (star >= 0) {
      // Only the last star can need more: what lies before it has matched already.
      p = star + 1;
      n = ++afterStar;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
