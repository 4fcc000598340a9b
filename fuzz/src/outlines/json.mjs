/** Where the values, members and elements of a JSON text lie; damaged text as far as it goes. */
import { emptyOutline } from '../mutate/outline.mjs';

/** Deeper nesting has no rows of its own. */
const MAX_DEPTH = 80;

/** Adds the parts of a JSON text that lies from `start` to `end`. */
export function outlineJson(bytes, outline, start = 0, end = bytes.length) {
  let at = start;
  const space = () => {
    while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09)) at++;
  };
  const string = () => {
    at++;
    while (at < end && bytes[at] !== 0x22) at += bytes[at] === 0x5c ? 2 : 1;
    at = Math.min(end, at + 1);
  };
  const container = (close, depth) => {
    const items = [];
    const group = { kind: close === 0x7d ? 'members' : 'items', items, separator: ',', start: at + 1, end: at + 1 };
    at++;
    for (space(); at < end && bytes[at] !== close; space()) {
      const from = at;
      if (close === 0x7d) {
        if (bytes[at] !== 0x22) return false;
        string();
        outline.texts.push({ start: from, end: at, kind: 'key' });
        space();
        if (bytes[at] !== 0x3a) return false;
        at++;
        space();
      }
      if (!value(depth + 1)) return false;
      items.push({ start: from, end: at });
      group.end = at;
      space();
      if (bytes[at] === 0x2c) at++;
      else if (bytes[at] !== close) return false;
    }
    if (at >= end) return false;
    at++;
    outline.groups.push(group);
    return true;
  };
  const value = (depth) => {
    const from = at;
    const code = bytes[at];
    let whole = true;
    if (depth > MAX_DEPTH || at >= end) return false;
    if (code === 0x22) string();
    else if (code === 0x7b) whole = container(0x7d, depth);
    else if (code === 0x5b) whole = container(0x5d, depth);
    else while (at < end && /[\w+.-]/.test(String.fromCharCode(bytes[at]))) at++;
    if (at === from) return false;
    if (whole) outline.texts.push({ start: from, end: at, kind: 'json' });
    return whole;
  };
  space();
  value(0);
  return outline;
}

export const jsonGrammar = { outline: (bytes) => outlineJson(bytes, emptyOutline()) };
