/** Puts a {@link Model} together from loaded parts. */
import { type Conversation, createConversation } from './conversation.ts';
import { buildDiagnostics } from './diagnostics.ts';
import { runGeneration } from './generation.ts';
import type { Model } from './model.ts';
import type { ModelParts } from './parts.ts';

/** What a model holds until it is freed. */
interface Owned {
  readonly parts: ModelParts;
  readonly conversation: Conversation;
}

/** The model over `parts`, which it owns from now on. */
export function createModel(parts: ModelParts): Model {
  const { artifact, facts, description, layout, tokenizer } = parts;
  /** The only way to memory and weights: after `free` the collector may have them, even while the model is held. */
  let owned: Owned | undefined = { parts, conversation: createConversation(parts) };
  let busy = false;

  function alive(): Owned {
    if (owned === undefined) throw new TypeError('the model was freed');
    return owned;
  }

  /** One caller at a time: two interleaved calls would share one cache. `release` lets the next one in. */
  function acquire(): Owned & { release(): void } {
    const { parts: held, conversation } = alive();
    if (busy) throw new TypeError('the model is busy: wait for the running call, or abort it');
    busy = true;
    const call = held.ledger?.take({ name: 'use of the model', kind: 'call' });
    const release = (): void => {
      busy = false;
      call?.release();
    };
    return { parts: held, conversation, release };
  }

  async function exclusively<T>(work: (conversation: Conversation) => Promise<T>): Promise<T> {
    const { conversation, release } = acquire();
    try {
      return await work(conversation);
    } finally {
      release();
    }
  }

  const generate: Model['generate'] = async function* (prompt, options = {}) {
    const { parts: held, conversation, release } = acquire();
    try {
      return yield* runGeneration(held, conversation, prompt, options);
    } finally {
      release();
    }
  };

  return {
    artifact,
    facts,
    description,
    layout,
    tokenizer,
    get position() {
      return owned?.conversation.position ?? 0;
    },
    generate,
    async complete(prompt, options) {
      const stream = generate(prompt, options);
      for (;;) {
        const next = await stream.next();
        if (next.done === true) return next.value;
      }
    },
    async feed(tokens, { logitsRows = 1, signal } = {}) {
      const most = Math.min(layout.options.logitsRows, tokens.length);
      if (!Number.isInteger(logitsRows) || logitsRows < 0 || logitsRows > most) {
        throw new RangeError(`logitsRows must be an integer from 0 to ${most}, got ${logitsRows}`);
      }
      return exclusively(async (conversation) => (await conversation.append(tokens, logitsRows, signal)).slice());
    },
    async step(token, signal) {
      return exclusively((conversation) => conversation.append([token], 1, signal));
    },
    reset({ wipe = false } = {}) {
      const { parts: held, conversation, release } = acquire();
      conversation.restart();
      if (wipe) held.memory.wipeHistory();
      release();
    },
    free() {
      if (owned === undefined) return;
      const { conversation, parts: held } = owned;
      owned = undefined;
      conversation.close();
      held.backend.close?.();
      held.memory.release();
      held.tables?.release();
    },
    setProfiling(enabled) {
      alive().parts.profile.enabled = enabled;
    },
    diagnostics() {
      const { parts: held, conversation } = alive();
      return buildDiagnostics(held, conversation.times);
    },
  };
}
