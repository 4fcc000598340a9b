import { describe, expect, it } from 'vitest';
import { type Stoppable, together } from '../src/together.ts';

/** Goes on until it is stopped, and then takes another turn of the event loop to end. */
function endless(log: string[]): Stoppable<never> {
  return (signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        setImmediate(() => {
          log.push('ended');
          reject(new Error('a consequence'));
        });
      });
    });
}

const failing: Stoppable<never> = async () => {
  throw new Error('the cause');
};

describe('two things together', () => {
  it('give both results', async () => {
    expect(
      await together(
        async () => 1,
        async () => 'two',
      ),
    ).toEqual([1, 'two']);
  });

  it('fail with what failed first, when neither goes on any more', async () => {
    const log: string[] = [];
    await expect(together(failing, endless(log))).rejects.toThrow('the cause');
    expect(log).toEqual(['ended']);
    await expect(together(endless(log), failing)).rejects.toThrow('the cause');
    expect(log).toEqual(['ended', 'ended']);
  });

  it('are stopped by one signal', async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const both = together(endless(log), endless(log), controller.signal);
    controller.abort(new Error('enough'));
    await expect(both).rejects.toThrow('enough');
    expect(log).toEqual(['ended', 'ended']);
    await expect(together(failing, failing, controller.signal)).rejects.toThrow('enough');
  });
});
