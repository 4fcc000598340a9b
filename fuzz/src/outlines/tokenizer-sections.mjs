/** Where the parts of SLM's tokenizer sections and of llama2.c's tokenizer lie. */
import { createWalker, emptyOutline, walk } from '../mutate/outline.mjs';

/** `BTOK` and `BPE1`: words, then rows of tokens and merges. */
export const bpe1Grammar = {
  outline(bytes) {
    const outline = emptyOutline();
    const walker = createWalker(bytes);
    walk(() => {
      for (let word = 0; word < 9; word++) outline.fields.push({ at: walker.take(4), size: 4, kind: 'integer' });
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const tokens = { kind: 'token', items: [], count: { at: 28, size: 4 } };
      const merges = { kind: 'merge', items: [], count: { at: 32, size: 4 } };
      outline.groups.push(tokens);
      for (let i = 0; i < view.getUint32(28, true); i++) {
        const start = walker.take(4);
        const length = walker.u32();
        const text = walker.take(length);
        outline.fields.push({ at: start, size: 4, kind: 'integer' });
        outline.lengths.push({ at: start + 4, size: 4, start: text, end: walker.position });
        tokens.items.push({ start, end: walker.position });
      }
      outline.groups.push(merges);
      for (let i = 0; i < view.getUint32(32, true); i++) {
        const start = walker.take(16);
        for (let word = 0; word < 4; word++) outline.fields.push({ at: start + 4 * word, size: 4, kind: 'integer' });
        merges.items.push({ start, end: walker.position });
      }
    });
    return outline;
  },
};

/** `TOKN`: a header of 64 bytes, then tables whose lengths follow from its counts. */
export const toknGrammar = {
  outline(bytes) {
    const outline = emptyOutline();
    const walker = createWalker(bytes);
    walk(() => {
      walker.take(64);
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      for (const at of [0, 4, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52]) {
        outline.fields.push({ at, size: 4, kind: 'integer' });
      }
      for (let at = 8; at < 14; at++) outline.fields.push({ at, size: 1, kind: 'integer' });
      outline.fields.push({ at: 14, size: 2, kind: 'integer' });
      const word = (at) => view.getUint32(at, true);
      const padded = (length) => Math.ceil(length / 4) * 4;
      const table = (kind, items, size, countAt) => {
        const group = { kind, items: [], ...(countAt === undefined ? {} : { count: { at: countAt, size: 4 } }) };
        const start = walker.take(padded(items * size));
        for (let i = 0; i < Math.min(items, 64); i++) {
          group.items.push({ start: start + i * size, end: start + (i + 1) * size });
          for (let part = 0; part < size; part += 4) {
            outline.fields.push({ at: start + i * size + part, size: Math.min(4, size), kind: 'integer' });
          }
        }
        outline.groups.push(group);
      };
      table('offset', word(16) + 1, 4);
      outline.lengths.push({ at: 48, size: 4, start: walker.position, end: walker.position + word(48) });
      walker.take(padded(word(48)));
      table('type', word(16), 1);
      if ((view.getUint16(14, true) & 0x100) !== 0) table('score', word(16), 4);
      table('merge', word(36), 12, 36);
      table('added', word(40), 8, 40);
      table('end', word(44), 4, 44);
      table('step', bytes[13], 1);
    });
    return outline;
  },
};

/** llama2.c's `tokenizer.bin`: the longest token, then score, length and bytes of each. */
export const llama2cTokenizerGrammar = {
  outline(bytes) {
    const outline = emptyOutline();
    const walker = createWalker(bytes);
    const items = [];
    outline.groups.push({ kind: 'token', items });
    walk(() => {
      outline.fields.push({ at: walker.take(4), size: 4, kind: 'integer' });
      while (walker.position < bytes.length) {
        const start = walker.take(4);
        const length = walker.u32();
        const text = walker.take(length);
        outline.fields.push({ at: start, size: 4, kind: 'float' });
        outline.lengths.push({ at: start + 4, size: 4, start: text, end: walker.position });
        items.push({ start, end: walker.position });
      }
    });
    return outline;
  },
};

/** llama2.c's model: seven sizes in front, behind a magic in version 1. */
export const llama2cGrammar = {
  outline(bytes) {
    const outline = emptyOutline();
    for (let at = 0; at + 4 <= Math.min(bytes.length, 44); at += 4) {
      outline.fields.push({ at, size: 4, kind: 'integer' });
    }
    return outline;
  },
};
