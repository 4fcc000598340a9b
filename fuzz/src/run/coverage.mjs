/**
 * Which blocks of the readers have run, by V8's own block coverage: what is measured is the code that is shipped, not an
 * instrumented copy. Reading the counters costs milliseconds, so they are read once per batch of executions, and a batch
 * that reached something new is halved until the input is found.
 */
import inspector from 'node:inspector';

/** Starts counting. Code that was compiled before is not seen: call it before the readers are imported. */
export function startCoverage(scope) {
  const session = new inspector.Session();
  session.connect();
  post(session, 'Profiler.enable');
  post(session, 'Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  /** Per script: which characters lie in a block that ran, and where blocks begin. */
  const scripts = new Map();

  /** Blocks that ran since the last reading, as [script, start, end]; their borders are noted. */
  function read() {
    const { result } = post(session, 'Profiler.takePreciseCoverage');
    const blocks = [];
    for (const { url, functions } of result) {
      if (!scope.test(url)) continue;
      let script = scripts.get(url);
      if (script === undefined) {
        const length = functions.reduce((most, { ranges }) => Math.max(most, ranges[0].endOffset), 0);
        script = { ran: new Uint8Array(length + 1), border: new Uint8Array(length + 1), known: new Map() };
        scripts.set(url, script);
      }
      sweep(rangesOf(script, functions), (start, end, count) => {
        script.border[start] = 1;
        script.border[end] = 1;
        if (count > 0) blocks.push([script, start, end]);
      });
    }
    return blocks;
  }
  const isNew = ([{ ran }, start, end]) => {
    for (let at = start; at < end; at++) if (ran[at] === 0) return true;
    return false;
  };
  return {
    /** Whether something ran for the first time since the last reading; it is not noted yet. */
    seesNew: () => read().some(isNew),
    /** The same, and notes it. */
    takeNew() {
      const fresh = read().filter(isNew);
      for (const [{ ran }, start, end] of fresh) ran.fill(1, start, end);
      return fresh.length > 0;
    },
    /** Forgets what ran since the last reading. */
    skip: () => void read(),
    /** The blocks of these executions, as texts that stay the same from reading to reading. */
    blocks(own) {
      const found = new Set();
      for (const [script, start, end] of read()) {
        const url = [...scripts].find(([, one]) => one === script)[0];
        if (!own.test(url)) continue;
        for (const [from] of segments(script, start, end)) found.add(`${url}:${from}`);
      }
      return found;
    },
    /** Blocks that ran, and all that are known, of the scripts that `own` names. */
    count(own) {
      let reached = 0;
      let total = 0;
      for (const [url, script] of scripts) {
        if (!own.test(url)) continue;
        for (const [from] of segments(script, 0, script.border.length - 1)) {
          total++;
          reached += script.ran[from];
        }
      }
      return { reached, total };
    },
    /** Text positions of blocks that never ran, for people. */
    missing(own) {
      const places = [];
      for (const [url, script] of scripts) {
        if (!own.test(url)) continue;
        for (const [from, to] of segments(script, 0, script.border.length - 1)) {
          if (script.ran[from] === 0) places.push([url, from, to]);
        }
      }
      return places;
    },
    stop: () => session.disconnect(),
  };
}

function post(session, method, params) {
  let answer;
  session.post(method, params, (error, result) => {
    if (error !== null) throw new Error(`${method}: ${error.message}`);
    answer = result;
  });
  return answer;
}

/**
 * The ranges of a reading, from the outside in. Later readings leave out functions that did not run, whose ranges lie in
 * those of outer ones: all functions that were ever seen are kept, and the absent ones did not run.
 */
function rangesOf({ known }, functions) {
  const ranges = [];
  const present = new Set();
  for (const { ranges: own } of functions) {
    const [whole] = own;
    const key = whole.startOffset * 2 ** 26 + whole.endOffset;
    present.add(key);
    if (!known.has(key)) known.set(key, { startOffset: whole.startOffset, endOffset: whole.endOffset, count: 0 });
    for (const range of own) ranges.push(range);
  }
  for (const [key, absent] of known) if (!present.has(key)) ranges.push(absent);
  return ranges.sort((one, two) => one.startOffset - two.startOffset || two.endOffset - one.endOffset);
}

/** Calls `visit` with each run of characters and how often the innermost range around it ran. */
function sweep(ranges, visit) {
  const open = [];
  let at = 0;
  const closeUntil = (offset) => {
    for (let inner = open.at(-1); inner !== undefined && inner.endOffset <= offset; inner = open.at(-1)) {
      if (inner.endOffset > at) visit(at, inner.endOffset, inner.count);
      at = Math.max(at, inner.endOffset);
      open.pop();
    }
  };
  for (const range of ranges) {
    closeUntil(range.startOffset);
    const outer = open.at(-1);
    if (outer !== undefined && range.startOffset > at) visit(at, range.startOffset, outer.count);
    at = range.startOffset;
    open.push(range);
  }
  closeUntil(Number.POSITIVE_INFINITY);
}

/** The runs between borders from `start` to `end`. */
function* segments({ border }, start, end) {
  let from = start;
  for (let at = start + 1; at <= end; at++) {
    if (border[at] === 0 && at !== end) continue;
    yield [from, at];
    from = at;
  }
}
