/** Everything that can run a model here: one suite runs over all of it. */
import { compileKernels, KERNEL_VARIANTS } from '@mirust/kernels';
import type { LoadOptions } from '@mirust/runtime';

/** A way to run a model. */
export interface BackendCase {
  readonly name: string;
  readonly options: LoadOptions;
}

/** Builds that this engine compiles and gets right. */
const builds = [];
for (const variant of KERNEL_VARIANTS) {
  if ((await compileKernels({ variant })) !== undefined) builds.push(variant);
  else console.warn(`this engine does not run the build "${variant}" of the kernels: its tests are skipped`);
}

/** The reference, every build of the kernels on one thread, and the best one on more threads than cores, too. */
export const BACKENDS: readonly BackendCase[] = [
  { name: 'reference', options: { backend: 'reference' } },
  ...builds.map((kernels) => ({
    name: `wasm, ${kernels}`,
    options: { backend: 'wasm', kernels, threads: 1 } as const,
  })),
  ...[2, 3, 4].map((threads) => ({ name: `wasm, ${threads} threads`, options: { backend: 'wasm', threads } as const })),
];
