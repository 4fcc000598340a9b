/**
 * A ledger: what was taken, by whom, and what was not given back. It is made by whoever looks for a leak and passed as an
 * option; where there is none, nothing is recorded and nothing is paid.
 *
 * Given back and gone are two things. A thread ends, a file closes, a tape is cleared because somebody says so; memory of
 * JavaScript goes when nothing reaches it any more. So the ledger lists both: what is `open`, and what was given back and
 * is `retained` all the same, by a view in a closure, say. To tell the latter it holds objects weakly.
 */

/**
 * What is taken:
 * - `memory`: the memory of a model
 * - `block`: a part of a memory that is on the ledger itself, named `tape/placement`; its bytes are the memory's
 * - `buffer`: bytes beside it, for reading
 * - `table`: what a tokenizer looks things up in
 * - `code`: kernels, instantiated
 * - `thread`, `file`: of the operating system
 * - `call`: the use of a model, which admits one caller at a time
 */
export type HoldingKind = 'memory' | 'block' | 'buffer' | 'table' | 'code' | 'thread' | 'file' | 'call';

/** Something that is taken. */
export interface Taking {
  /** Which one. A file's name is the file's own text: sanitise before showing. */
  readonly name: string;
  readonly kind: HoldingKind;
  /** Absent where nobody knows: of a thread, a file. */
  readonly bytes?: number;
  /** The thing, where it is an object that should be collected once it is given back. Held weakly. */
  readonly object?: object;
}

/** Something that is held until it is given back. */
export interface Holding {
  /**
   * Gives it back: at once, or when `gone` has settled, for what takes a while to end. Error where it was given back before:
   * two owners that both believe it theirs are a mistake, even where ending twice is harmless.
   */
  release(gone?: Promise<unknown>): void;
}

/** A holding as the ledger shows it. */
export interface HoldingRecord {
  readonly name: string;
  readonly kind: HoldingKind;
  readonly bytes?: number;
  /** Who took it: calls with their places in the code, the innermost first. As the platform writes them. */
  readonly where: readonly string[];
  /** When, from the making of the ledger on. */
  readonly takenAtMilliseconds: number;
}

/** See the module comment. Belongs to one thread. */
export interface Ledger {
  take(taking: Taking): Holding;
  /** Everything taken so far, given back or not. Bytes of blocks are their memory's and count once. */
  readonly taken: { readonly count: number; readonly bytes: number };
  /** What was not given back, or is about to go and not gone yet, in the order of taking. */
  open(): readonly HoldingRecord[];
  /** What was given back and is still reachable. Meaningful after a collection, in a later task than the last use. */
  retained(): readonly HoldingRecord[];
  /** Resolves when everything that was given back is gone: threads end by themselves, a little later. Never rejects. */
  settled(): Promise<void>;
}

/**
 * A new ledger, with nothing on it.
 *
 * ```ts
 * const ledger = createLedger();
 * const checkpoint = await openCheckpoint(files, { ledger });
 * const model = await loadModel(checkpoint, { ledger });
 * await checkpoint.close();
 * model.free();
 * await ledger.settled();
 * console.log(ledger.open()); // []
 * ```
 */
export function createLedger(): Ledger {
  const started = performance.now();
  const holdings = new Set<HoldingRecord>();
  const ending = new Set<Promise<unknown>>();
  let released: { readonly record: HoldingRecord; readonly object: WeakRef<object> }[] = [];
  const taken = { count: 0, bytes: 0 };

  function take({ object, ...taking }: Taking): Holding {
    const takenAtMilliseconds = performance.now() - started;
    const record: HoldingRecord = { ...taking, where: callersOf(take), takenAtMilliseconds };
    const reference = object === undefined ? undefined : new WeakRef(object);
    let isHeld = true;
    holdings.add(record);
    taken.count++;
    if (taking.kind !== 'block') taken.bytes += taking.bytes ?? 0;
    const drop = (): void => {
      holdings.delete(record);
      if (reference !== undefined) released.push({ record, object: reference });
    };
    return {
      release(gone) {
        if (!isHeld) throw new Error(`${record.name} was given back twice`);
        isHeld = false;
        if (gone === undefined) {
          drop();
          return;
        }
        // Not kept longer than it takes: a promise that is settled holds what it gave.
        const end: Promise<void> = gone.then(drop, drop).then(() => void ending.delete(end));
        ending.add(end);
      },
    };
  }

  return {
    take,
    taken,
    open: () => [...holdings],
    retained() {
      // What is gone is forgotten: a ledger may be kept for thousands of loads.
      released = released.filter(({ object }) => object.deref() !== undefined);
      return released.map(({ record }) => record);
    },
    async settled() {
      while (ending.size > 0) await Promise.all(ending);
    },
  };
}

/**
 * The calls that led to a function, as text. Made at once: an Error whose stack nobody has read yet keeps the functions on it,
 * and what they close over, from being collected.
 */
function callersOf(callee: (taking: Taking) => Holding): readonly string[] {
  const { captureStackTrace } = Error as {
    captureStackTrace?: (target: object, callee: unknown) => void;
  };
  const error = new Error('taken');
  captureStackTrace?.(error, callee);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s*at |@/.test(line));
  // Engines without that list this function and the one that was called, too.
  return frames.slice(captureStackTrace === undefined ? 2 : 0).map((frame) => frame.trim().replace(/^at /, ''));
}
