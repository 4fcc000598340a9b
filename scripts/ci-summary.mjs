#!/usr/bin/env node
/** Adds up what the tests and the checks wrote and prints `N passed, N failed` as the last line. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const out = join(dirname(dirname(fileURLToPath(import.meta.url))), 'out');

function read(file) {
  try {
    return JSON.parse(readFileSync(join(out, file), 'utf8'));
  } catch {
    // A run that died before it wrote its results has failed.
    return undefined;
  }
}

const tests = read('test-results.json');
const checks = read('check-results.json');
const passed = (tests?.numPassedTests ?? 0) + (checks?.passed ?? 0);
const suites = (tests?.testResults ?? []).filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
);
const failed =
  (tests === undefined ? 1 : tests.numFailedTests + suites.length) + (checks === undefined ? 1 : checks.failed);
const skipped = tests?.numPendingTests ?? 0;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);
