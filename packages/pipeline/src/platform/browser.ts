/** Browsers, and everything else that is not Node: conversions run on the thread that asks for them. */
import type * as contract from './contract.ts';

export const startWorkThread: typeof contract.startWorkThread = () => undefined;
