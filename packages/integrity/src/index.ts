/** @packageDocumentation Digests: FNV-1a-64, the SLM1 checksum, SHA-256 chunk trees; manifests. */
export * from './canonical-json.ts';
export * from './chunk-tree.ts';
export * from './digest-pool.ts';
export * from './digest-task.ts';
export * from './digester.ts';
export * from './errors.ts';
export * from './fnv.ts';
export * from './hex.ts';
export * from './manifest.ts';
export * from './read-verified.ts';
export * from './sha256.ts';
export * from './sidecar.ts';
export * from './slm1-checksum.ts';
