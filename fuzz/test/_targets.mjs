/** Readers with mistakes, which the fuzzer must find. */
import { MirustError } from '@mirust/core';

const grammar = { outline: () => ({ fields: [], lengths: [], groups: [], texts: [] }) };
const ENTRY = { class: 'structure', when: '', remedy: '' };

/** Refuses everything whose first byte is no 1, and goes wrong on those from 128 on. */
const wrongOn = (mistake) => ({
  grammar,
  own: /_targets/,
  async run(bytes) {
    if (bytes[0] >= 128) mistake();
    if (bytes[0] !== 1) throw new MirustError('WRONG', ENTRY, 'not 1');
  },
});

export const TARGETS = {
  throws: wrongOn(() => {
    throw new TypeError('a mistake');
  }),
  hangs: wrongOn(() => {
    for (;;);
  }),
  dies: wrongOn(() => {
    const kept = [];
    for (;;) kept.push(new Array(2 ** 16).fill(kept.length));
  }),
  active: wrongOn(() => {
    throw new MirustError('WRONG', ENTRY, 'a message with \u001b[31m in it');
  }),
  /** A mistake behind five decisions, which chance alone does not come through. */
  deep: {
    grammar,
    own: /_targets/,
    async run(bytes) {
      const high = (index) => bytes[index] >> 4;
      if (high(0) === 6) {
        if (high(1) === 11) {
          if (high(2) === 7) {
            if (high(3) === 10) {
              if (high(4) === 2) throw new TypeError('the bottom');
            }
          }
        }
      }
    },
  },
};
