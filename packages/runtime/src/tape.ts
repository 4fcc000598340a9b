/**
 * A tape: a bump allocator over one region of a larger memory, for things that live and die together.
 *
 * What it guarantees: alignment is absolute (an address of the memory, not an offset into the region); a failed take
 * leaves the head where it was and says what was needed and what was free; an alignment of 0, 3 or 2^31 is a
 * RangeError, never an overlap; padding is counted; in debug mode a view taken before a `clear` or `rewind` throws
 * when it is asked for its bytes afterwards. Not thread-safe: one owner.
 */
import { alignUp, type Holding, isAlignment, type Ledger } from '@mirust/core';
import { runtimeError } from './errors.ts';

/** A taken range. */
export interface TapeBlock {
  readonly name: string;
  /** Address in the memory. */
  readonly address: number;
  readonly byteLength: number;
  /** The bytes. Throws Error in debug mode once the tape was cleared or rewound past this block. */
  bytes(): Uint8Array;
}

/** How full a tape is, in bytes. */
export interface TapeStat {
  readonly name: string;
  /** From the start of the region to the head: requested + padding. */
  readonly usedBytes: number;
  /** Sum of the lengths of all live blocks. */
  readonly requestedBytes: number;
  readonly paddingBytes: number;
  /** The furthest that the head has ever been. */
  readonly highWaterBytes: number;
  readonly capacityBytes: number;
}

/** A position to rewind to. */
export interface TapeMark {
  readonly blockCount: number;
}

/** Where a tape lies and how it behaves. */
export interface TapeOptions {
  readonly name: string;
  readonly memory: ArrayBufferLike;
  /** First byte of the region in the memory. */
  readonly address: number;
  readonly capacityBytes: number;
  /** Makes views that were taken before a clear throw. Costs one comparison per `bytes()`. Default false. */
  readonly debug?: boolean;
  /** Gets every block, as `tape/block`, until it is given back. */
  readonly ledger?: Ledger | undefined;
}

/** What a tape knows of a block. */
interface Block {
  readonly end: number;
  readonly byteLength: number;
  readonly alive: { value: boolean };
  readonly holding: Holding | undefined;
}

/** See the module comment. */
export class Tape {
  readonly name: string;
  readonly #memory: ArrayBufferLike;
  readonly #start: number;
  readonly #capacity: number;
  readonly #debug: boolean;
  readonly #ledger: Ledger | undefined;
  readonly #blocks: Block[] = [];
  #requested = 0;
  #highWater = 0;

  constructor(options: TapeOptions) {
    const { name, memory, address, capacityBytes } = options;
    for (const [key, value] of [
      ['address', address],
      ['capacityBytes', capacityBytes],
    ] as const) {
      if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${key} must be a non-negative integer`);
    }
    if (address + capacityBytes > memory.byteLength) throw new RangeError(`tape ${name} passes the end of its memory`);
    this.name = name;
    this.#memory = memory;
    this.#start = address;
    this.#capacity = capacityBytes;
    this.#debug = options.debug ?? false;
    this.#ledger = options.ledger;
  }

  /**
   * Takes the next `byteLength` bytes at a multiple of `alignment`.
   * Throws RangeError for a bad argument and `RUNTIME_TAPE_FULL`, with nothing changed, where the room is too small.
   */
  take(byteLength: number, alignment: number, name: string): TapeBlock {
    if (!Number.isSafeInteger(byteLength) || byteLength < 0) {
      throw new RangeError(`byteLength must be a non-negative integer, got ${byteLength}`);
    }
    if (!isAlignment(alignment)) throw new RangeError(`alignment must be a power of two up to 2^30, got ${alignment}`);
    const head = this.#head();
    const address = alignUp(head, alignment);
    const end = address + byteLength;
    if (end > this.#start + this.#capacity) {
      const free = this.#start + this.#capacity - head;
      const needed = end - head;
      throw runtimeError('RUNTIME_TAPE_FULL', `${name} needs ${needed} bytes of tape ${this.name}, ${free} are free`, {
        expected: needed,
        actual: free,
        limit: this.#capacity,
      });
    }
    const alive = { value: true };
    const holding = this.#ledger?.take({ name: `${this.name}/${name}`, kind: 'block', bytes: byteLength });
    this.#blocks.push({ end, byteLength, alive, holding });
    this.#requested += byteLength;
    this.#highWater = Math.max(this.#highWater, end - this.#start);
    const memory = this.#memory;
    const checked = this.#debug;
    return {
      name,
      address,
      byteLength,
      bytes: () => {
        if (checked && !alive.value) throw new Error(`block ${name} was used after its tape was cleared`);
        return new Uint8Array(memory, address, byteLength);
      },
    };
  }

  /** The current position. */
  mark(): TapeMark {
    return { blockCount: this.#blocks.length };
  }

  /** Gives back every block taken since `mark`. RangeError for a mark that lies ahead of the head. */
  rewind(mark: TapeMark): void {
    if (mark.blockCount > this.#blocks.length) throw new RangeError(`the mark lies ahead of tape ${this.name}`);
    for (const block of this.#blocks.splice(mark.blockCount)) {
      block.alive.value = false;
      block.holding?.release();
      this.#requested -= block.byteLength;
    }
  }

  /** Gives back every block. The bytes stay as they are: see `wipe`. */
  clear(): void {
    this.rewind({ blockCount: 0 });
  }

  /** The bytes of the whole region, whatever was taken. */
  region(): Uint8Array {
    return new Uint8Array(this.#memory, this.#start, this.#capacity);
  }

  /** Sets the whole region to zero, so that one conversation cannot be read from the next. */
  wipe(): void {
    this.region().fill(0);
  }

  /** How full the tape is. */
  stat(): TapeStat {
    const usedBytes = this.#head() - this.#start;
    return {
      name: this.name,
      usedBytes,
      requestedBytes: this.#requested,
      paddingBytes: usedBytes - this.#requested,
      highWaterBytes: this.#highWater,
      capacityBytes: this.#capacity,
    };
  }

  #head(): number {
    return this.#blocks.at(-1)?.end ?? this.#start;
  }
}
