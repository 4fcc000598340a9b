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
        script = { ran: new Uint8Array(length + 1), border: new Uint8Array(length + 1), functions: new Map() };
        scripts.set(url, script);
      }
      noteFunctions(script, functions);
      for (const { ranges } of functions) leaves(script, ranges, (start, end) => blocks.push([script, start, end]));
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
 * Keeps all functions of a script that are known, each with those inside it: later readings leave out what did not run, and
 * an outer function's range spans its inner ones.
 */
function noteFunctions({ functions: known }, functions) {
  const before = known.size;
  for (const { ranges } of functions) {
    const { startOffset, endOffset } = ranges[0];
    const key = `${startOffset}:${endOffset}`;
    if (!known.has(key)) known.set(key, { startOffset, endOffset, inner: [] });
  }
  if (known.size === before) return;
  for (const one of known.values()) {
    one.inner = [...known.values()]
      .filter((other) => other !== one && other.startOffset >= one.startOffset && other.endOffset <= one.endOffset)
      .map(({ startOffset, endOffset }) => ({ startOffset, endOffset, count: 0 }));
  }
}

/** Calls `visit` with the parts of a function that ran and that no inner range takes out, and notes all borders. */
function leaves({ border, functions }, blocks, visit) {
  const [whole] = blocks;
  if (whole.count === 0 && blocks.length === 1) {
    border[whole.startOffset] = 1;
    border[whole.endOffset] = 1;
    return;
  }
  const ranges = [...blocks, ...functions.get(`${whole.startOffset}:${whole.endOffset}`).inner];
  const count = new Map();
  const cuts = new Set();
  for (const { startOffset, endOffset } of ranges) {
    cuts.add(startOffset).add(endOffset);
    border[startOffset] = 1;
    border[endOffset] = 1;
  }
  const places = [...cuts].sort((a, b) => a - b);
  // Ranges come from the outside in: the last one that covers a place counts.
  for (const range of ranges) {
    for (const place of places) {
      if (place >= range.startOffset && place < range.endOffset) count.set(place, range.count);
    }
  }
  for (const [index, place] of places.entries()) {
    const end = places[index + 1] ?? whole.endOffset;
    if (end > place && (count.get(place) ?? 0) > 0) visit(place, end);
  }
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
