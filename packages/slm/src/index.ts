/** @packageDocumentation Reads and writes the SLM1 and SLM2 containers. */
export type { Slm2Meta, TensorRecord, TensorStatistics } from '@mirust/schemas';
export type { TensorTile } from './_tensor-writer.ts';
export * from './errors.ts';
export * from './identify.ts';
export * from './slm1/index.ts';
export * from './slm2/index.ts';
export * from './tensor.ts';
