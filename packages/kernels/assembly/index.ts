/** What a build exports: the engine, and the kernels one by one for tests against the reference. */
export { attentionWorkspaceBytes } from './attention-space';
export { decodeRow } from './decode';
export { exp1 } from './exp';
export { f16ToF32, f32ToF16 } from './float16';
export { argmax, topK } from './logits';
export { matmulPanels, matmulWorkspaceBytes } from './matmul';
export { matmulRows } from './matmul-float';
export { probeDots } from './probe';
export { quantizeRows, tileBytes } from './quantize';
export { run } from './run';
export { serve } from './serve';

/** First byte behind the constants of the build: what the engine must leave alone lies below. */
export const dataEnd: usize = __heap_base;
