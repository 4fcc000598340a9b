/** What a platform provides for threads that convert: `#platform` picks `node.ts` or `browser.ts`. */
import type { PoolThread, PoolThreadEvents } from '@mirust/core';
import type { WorkAnswer, WorkTask } from '../work-task.ts';

/** Starts a thread; undefined where there are none. Throws what the platform throws where it has no room for one. */
export declare function startWorkThread(events: PoolThreadEvents<WorkAnswer>): PoolThread<WorkTask> | undefined;
