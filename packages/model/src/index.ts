/** @packageDocumentation A model described once: tensor contract, forward program, memory layout. */
export * from './contract.ts';
export * from './description.ts';
export { ENGINE, KERNEL_DATA_BYTES, MAX_CANDIDATES } from './engine-tape.ts';
export * from './errors.ts';
export * from './fields.ts';
export * from './gguf-metadata.ts';
export * from './huggingface-config.ts';
export * from './hyperparameters.ts';
export * from './kv-cache.ts';
export * from './layout.ts';
export * from './layout-options.ts';
export * from './liveness.ts';
export * from './lowering.ts';
export * from './program.ts';
export * from './rope.ts';
export * from './tape-encoding.ts';
export * from './working-buffers.ts';
