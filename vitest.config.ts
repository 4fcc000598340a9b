import { defineConfig } from 'vitest/config';

/** Tests import the packages' sources (the `mirust-source` condition), so that they need no build. */
const conditions: string[] = ['mirust-source', 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'schemas/test/**/*.test.ts',
      'test/**/*.test.ts',
      'bench/test/**/*.test.mjs',
      'fuzz/test/**/*.test.mjs',
    ],
    // CI adds the counts of tests and checks: see scripts/ci-summary.mjs.
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'out/test-results.json' }]] : ['default'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
