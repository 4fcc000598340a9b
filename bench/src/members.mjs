/**
 * What is measured, in cells: a cell is a group of members that are compared with each other and so run one after the
 * other, in the same minute, behind one reading of the memory's bandwidth. A member is one engine on one model with so
 * many threads, in a process of its own.
 */

/** The encoding of llama.cpp that each of ours is held against. */
export const COUNTERPART = { q8: 'Q8_0', q4: 'Q4_0', Q8_0: 'Q8_0', Q4_0: 'Q4_0' };

/**
 * Plans of a process: what `probes/_schedule.mjs` measures. Decoding stops after `decodeSeconds` as well, so that a
 * machine that others use holds nothing up; the median of fewer tokens is still one.
 */
const FULL_PLAN = { prefillTokens: 512, prefillRuns: 1, decodeTokens: 64, decodeSeconds: 20, positions: [16] };
const QUICK_PLAN = { ...FULL_PLAN, decodeTokens: 24, decodeSeconds: 5 };

/**
 * In the browser decoding starts from nothing, several times, since no token is timed alone. Prefill of fewer tokens is
 * no slower there (nothing is gained from a batch, less is attended to), and 512 would take minutes.
 */
const FULL_BROWSER = { context: 640, prefillTokens: 128, prefillRuns: 1, decodeTokens: 32, decodeRuns: 3 };
const SMALL_BROWSER = { ...FULL_BROWSER, prefillTokens: 32, decodeTokens: 12, decodeRuns: 2 };

/** A string that says which member a sample is of. */
export function memberId({ engine, node, shape, encoding, threads }) {
  return [engine, node ?? '-', shape, encoding, threads].join(' ');
}

/**
 * All cells, `{ name, threads, members }`, in three groups in the order of their weight: where time runs out, the last
 * ones are left out. `nodes` from the oldest to the newest; `native` and `browser` say which peers there are.
 */
export function cellsOf({ quick, nodes, native, browser, large, small }) {
  const basic = quick ? QUICK_PLAN : FULL_PLAN;
  const both = { ...basic, context: 640 };
  const decodeOnly = { ...basic, context: 128, prefillRuns: 0 };
  /** Decoding behind 16 positions and behind 2,048, in one process. */
  const farPlan = { ...decodeOnly, context: 2304, positions: [16, 2048] };

  const ours = (shape, encoding, threads, plan, node = nodes.at(-1)) => {
    return { engine: 'mirust', node: node.version, shape, encoding, threads, plan };
  };
  const llama = (shape, encoding, threads, plan) => {
    return native ? [{ engine: 'llama.cpp', shape, encoding: COUNTERPART[encoding], threads, plan }] : [];
  };

  const main = (threads, shape, encoding) => {
    // A quick run leaves out what takes longest and says least: the large shape with one thread is decoded only.
    const plan = quick && shape === large && threads === 1 ? decodeOnly : both;
    const olderPlan = quick && threads === 1 ? decodeOnly : both;
    const older = quick && shape === large ? [] : nodes.slice(0, -1);
    const sameFile = quick && (shape === large || threads === 1) ? [] : [COUNTERPART[encoding]];
    return {
      name: `${shape} ${encoding}, threads: ${threads}`,
      threads,
      members: [
        ours(shape, encoding, threads, plan),
        ...llama(shape, encoding, threads, plan),
        ...sameFile.map((same) => ours(shape, same, threads, quick ? decodeOnly : plan)),
        ...older.map((node) => ours(shape, encoding, threads, olderPlan, node)),
      ],
    };
  };

  const far = (threads, shape, encoding) => ({
    name: `${shape} ${encoding} at 2,048, threads: ${threads}`,
    threads,
    members: [ours(shape, encoding, threads, farPlan), ...llama(shape, encoding, threads, farPlan)],
  });

  const inBrowser = (threads, shape, encoding) => {
    const plan = quick || shape === large ? SMALL_BROWSER : FULL_BROWSER;
    return {
      name: `${shape} ${encoding} in a browser, threads: ${threads}`,
      threads,
      members: ['wllama-2', 'wllama-3'].map((engine) => ({ engine, shape, encoding, threads, plan })),
    };
  };

  const shapes = [small, large];
  return {
    first: cross([2], shapes, ['q8', 'q4'], main),
    browser: browser ? cross(quick ? [1] : [1, 2], quick ? [small] : shapes, ['Q8_0', 'Q4_0'], inBrowser) : [],
    last: [
      ...cross([1], [small], ['q8', 'q4'], main),
      ...cross([2], quick ? [small] : shapes, quick ? ['q8'] : ['q8', 'q4'], far),
      ...cross([1], [large], ['q8', 'q4'], main),
    ],
  };
}

/** A cell of every combination, the first list outermost. */
function cross(threads, shapes, encodings, make) {
  return threads.flatMap((count) =>
    shapes.flatMap((shape) => encodings.map((encoding) => make(count, shape, encoding))),
  );
}
