import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ActivityClock, createActivityClock } from '../src/index.ts';

/** An activity that lasts until it is told to end. */
function activity(clock: ActivityClock<'compute' | 'wait'>, name: 'compute' | 'wait'): () => Promise<void> {
  let end = (): void => {};
  const lasting = clock.during(name, () => new Promise<void>((resolve) => (end = resolve)));
  return async () => {
    end();
    await lasting;
  };
}

describe('an activity clock', () => {
  let now = 0;
  let clock: ActivityClock<'compute' | 'wait'>;
  beforeEach(() => {
    now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    clock = createActivityClock(['compute', 'wait']);
  });
  afterEach(() => vi.restoreAllMocks());

  it('counts a moment once, for the activity that is named first', async () => {
    now += 100;
    const endWait = activity(clock, 'wait');
    now += 10;
    const endOther = activity(clock, 'wait');
    now += 5;
    const endCompute = activity(clock, 'compute');
    now += 7;
    await endOther();
    now += 1;
    await endCompute();
    now += 2;
    await endWait();
    now += 50;
    expect(clock.milliseconds('wait')).toBe(17);
    expect(clock.milliseconds('compute')).toBe(8);
  });

  it('gives what the work gives, and ends with it when it fails', async () => {
    expect(await clock.during('wait', () => 5)).toBe(5);
    await expect(
      clock.during('wait', () => {
        now += 3;
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    now += 9;
    expect(await clock.during('compute', async () => 6)).toBe(6);
    expect(clock.milliseconds('wait')).toBe(3);
  });
});
