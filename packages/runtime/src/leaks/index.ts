/** @packageDocumentation Finding what a program took of this library and did not give back. */
export { createLedger, type Ledger } from '@mirust/core';
export { expectNoLeaks, LeakError } from './expect-no-leaks.ts';
export { type FindLeaksOptions, findLeaks } from './find-leaks.ts';
export { formatLeaks, hasLeaks } from './format-leaks.ts';
export { type WatchedWork, watchLeaks } from './watch-leaks.ts';
