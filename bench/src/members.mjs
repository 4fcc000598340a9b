/**
 * What is measured, in cells: a cell is a group of members that are compared with each other and so run one after the
 * other, in the same minute, behind one reading of the memory's bandwidth. A member is one engine on one model with so
 * many threads, in a process of its own.
 */

/** The encoding of llama.cpp that each of ours is held against. */
export const COUNTERPART = { q8: 'Q8_0', q4: 'Q4_0', Q8_0: 'Q8_0', Q4_0: 'Q4_0' };

/** Prefill of 512 tokens, and decoding behind a short prompt. */
const BOTH = { context: 640, prefillTokens: 512, prefillRuns: 1, decodeTokens: 48, positions: [16] };
const DECODE = { ...BOTH, context: 128, prefillRuns: 0 };
/** Decoding behind 16 positions and behind 2,048, in one process. */
const FAR = { ...BOTH, context: 2304, prefillRuns: 0, decodeTokens: 32, positions: [16, 2048] };

/**
 * In the browser decoding starts from nothing, several times, since no token is timed alone. Prefill of fewer tokens is
 * no slower there (nothing is gained from a batch, less is attended to), and 512 would take minutes.
 */
const BROWSER = { context: 640, prefillTokens: 128, prefillRuns: 1, decodeTokens: 32, decodeRuns: 3 };
const LARGE_BROWSER = { ...BROWSER, prefillTokens: 32, decodeTokens: 16, decodeRuns: 2 };

/** A string that says which member a sample is of. */
export function memberId({ engine, node, shape, encoding, threads }) {
  return [engine, node ?? '-', shape, encoding, threads].join(' ');
}

/**
 * All cells, `{ name, threads, members, inBrowser }`, in the order of their weight: where time runs out, the last ones are
 * left out. `nodes` from the oldest to the newest; `native` and `browser` say which peers there are.
 */
export function cellsOf({ quick, nodes, native, browser, large, small }) {
  const older = nodes.slice(0, -1);
  const ours = (shape, encoding, threads, plan, node = nodes.at(-1)) => {
    return { engine: 'mirust', node: node.version, shape, encoding, threads, plan };
  };
  const llama = (shape, encoding, threads, plan) => {
    return native ? [{ engine: 'llama.cpp', shape, encoding, threads, plan }] : [];
  };

  const main = (shape, encoding, threads) => {
    const theirs = COUNTERPART[encoding];
    const isLarge = shape === large;
    // Prefill of the large shape takes most of the time: a quick run has it once for each encoding.
    const plan = quick && isLarge && threads === 1 ? DECODE : BOTH;
    const samePlan = quick && (isLarge || threads === 1) ? DECODE : BOTH;
    const olderNodes = quick && isLarge ? [] : older;
    return {
      name: `${shape} ${encoding}, threads: ${threads}`,
      threads,
      members: [
        ours(shape, encoding, threads, plan),
        ...llama(shape, theirs, threads, plan),
        ours(shape, theirs, threads, samePlan),
        ...olderNodes.map((node) => ours(shape, encoding, threads, plan, node)),
      ],
    };
  };

  const far = (shape, encoding) => ({
    name: `${shape} ${encoding} at 2,048, threads: 2`,
    threads: 2,
    members: [ours(shape, encoding, 2, FAR), ...llama(shape, COUNTERPART[encoding], 2, FAR)],
  });

  const inBrowser = (shape, encoding, threads) => {
    const plan = shape === large ? LARGE_BROWSER : BROWSER;
    return {
      name: `${shape} ${encoding} in a browser, threads: ${threads}`,
      threads,
      members: ['wllama-2', 'wllama-3'].map((engine) => ({ engine, shape, encoding, threads, plan })),
      inBrowser: true,
    };
  };

  const shapes = [small, large];
  return [
    ...cross([2, 1], shapes, ['q8', 'q4'], (threads, shape, encoding) => main(shape, encoding, threads)),
    ...cross([2], quick ? [small] : shapes, quick ? ['q8'] : ['q8', 'q4'], (_, shape, encoding) =>
      far(shape, encoding),
    ),
    ...cross(
      browser ? (quick ? [1] : [1, 2]) : [],
      quick ? [small] : shapes,
      ['Q8_0', 'Q4_0'],
      (threads, shape, encoding) => inBrowser(shape, encoding, threads),
    ),
  ];
}

/** Every combination, the first list outermost. */
function cross(first, second, third, make) {
  return first.flatMap((a) => second.flatMap((b) => third.map((c) => make(a, b, c))));
}
