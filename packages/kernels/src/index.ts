/** @packageDocumentation Kernels of the forward program, in WebAssembly. */

export { physicalCores, startThread } from '#platform';
export { KERNEL_VARIANTS, type KernelVariant } from './bytes.ts';
export { type CompiledKernels, type CompileOptions, compileKernels } from './compile.ts';
export { instantiateKernels, type KernelExports, type KernelHost } from './instance.ts';
export { blockKind, compileInterleaveKernel, type InterleaveKernel } from './interleave.ts';
export type { EngineThread, ThreadEvents, ThreadStart } from './platform/contract.ts';
export { storageKind } from './storage-kind.ts';
export * as table from './table.ts';
